//! Why a user may do something or not, for people and programs.

use serde_json::{Value as Json, json};
use udal::{AccessExplanation, Considered, ExplainRequest, TenantSlug, Udal};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

pub(super) async fn run(
    tenant: &TenantSlug,
    request: &ExplainRequest,
    udal: &Udal,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let explained = udal.explain_access(tenant, request).await?;
    let AccessExplanation { is_permitted, considered, predicate, statement, plan } = &explained;
    let rows: Vec<[String; 4]> = considered
        .iter()
        .map(|Considered { question, rule, outcome, why }| {
            [(*question).to_owned(), rule.clone(), outcome.name().to_owned(), why.clone()]
        })
        .collect();
    let rules: Vec<Json> = rows
        .iter()
        .map(|[question, rule, outcome, why]| json!({"question": question, "rule": rule, "outcome": outcome, "why": why}))
        .collect();
    let json = json!({
        "tenant": tenant.as_str(), "user": request.user, "permission": request.permission.to_string(),
        "record": request.record, "permitted": is_permitted, "considered": rules, "predicate": predicate,
        "statement": statement, "plan": plan,
    });
    let mut table: Vec<Vec<&str>> = vec![vec!["question", "rule", "outcome", "why"]];
    table.extend(rows.iter().map(|row| row.iter().map(String::as_str).collect()));
    let table: Vec<&[&str]> = table.iter().map(Vec::as_slice).collect();
    output.answer(&json, &text(request, &explained), &table)?;
    Ok(Exit::Done)
}

fn text(request: &ExplainRequest, explained: &AccessExplanation) -> String {
    let AccessExplanation { is_permitted, considered, predicate, statement, plan } = explained;
    let ExplainRequest { user, permission, record } = request;
    let of = record.as_ref().map(|id| format!(" of {id}")).unwrap_or_default();
    let verdict = if *is_permitted { "may" } else { "may not" };
    let mut lines = vec![format!("{user} {verdict} {permission}{of}")];
    lines.extend(considered.iter().map(|rule| format!("  {rule}")));
    lines.push(format!("predicate: {predicate}"));
    lines.push(format!("statement: {statement}"));
    lines.extend(plan.iter().map(|line| format!("plan: {line}")));
    lines.join("\n")
}
