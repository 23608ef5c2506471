//! A running Udal for the time of one command.

use udal::{AccessContext, Action, Config, Context, Permission, TenantSlug, Udal, UdalBuilder};

use crate::args::{Options, Target};
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::output::Output;

/// What the options, the environment and the configuration file say together: the first of them that speaks counts.
pub(crate) fn configuration(options: &Options) -> Result<Config, Failure> {
    let mut configuration = Config::load(options.config.as_deref())?;
    if let Some(data_dir) = &options.data_dir {
        configuration.data_dir.clone_from(data_dir);
    }
    if let Some(groups) = &options.groups {
        configuration.groups.clone_from(groups);
    }
    configuration.take_environment(|name| std::env::var(name).ok());
    Ok(configuration)
}

/// Starts Udal, does `work` with it, and stops it again, also when `work` fails or a signal comes.
pub(crate) async fn with_udal<T>(
    configuration: Config,
    catalog: Option<udal::Catalog>,
    work: impl AsyncFnOnce(&Udal) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let Config {
        data_dir,
        groups,
        database_url,
        servers,
        platform_server,
        platform_database,
        tenant_prefix,
        shared_database,
        limits,
        audit_days,
        budgets,
        terminusdb,
    } = configuration;
    let builder = servers.into_iter().fold(Udal::builder(), |builder, (name, server)| builder.server(name, server));
    let builder = platform_server.into_iter().fold(builder, UdalBuilder::platform_server);
    let builder = builder
        .data_dir(data_dir)
        .database_url(database_url)
        .platform_database(platform_database)
        .tenant_prefix(tenant_prefix)
        .shared_database(shared_database)
        .limits(limits)
        .audit_days(audit_days)
        .query_budgets(budgets)
        .terminusdb(terminusdb);
    let builder = match catalog {
        Some(catalog) => builder.catalog(catalog),
        None => builder.groups_dir(groups),
    };
    let mut interrupts = Interrupts::listen()?;
    let udal = interrupts.after(builder.start()).await?;
    let done = interrupts.unless(work(&udal)).await;
    if let Err(error) = interrupts.after(udal.stop()).await {
        tracing::warn!(%error, "PostgreSQL was not stopped");
    }
    done
}

/// The context of the operator, who sees everything of the tenant of that name.
pub(crate) fn operator(tenant: &str) -> Result<Context, Failure> {
    let tenant = TenantSlug::new(tenant)?;
    Ok(Context::new(tenant, AccessContext::unrestricted("the operator at the command line")))
}

/// The context of whoever a command is done for: the user that it names, with what they may do now, or the operator.
pub(crate) async fn asker(
    udal: &Udal,
    target: &Target,
    action: Action,
    output: &mut Output,
) -> Result<Context, Failure> {
    let Target { group, model, tenant, user } = target;
    let Some(user) = user else { return operator(tenant) };
    let slug = TenantSlug::new(tenant)?;
    let permission = udal.service().catalog().model(group, model)?.permission(action);
    acting_as(udal, slug, user, &permission, output).await
}

/// The context of the user, with what they may do now; a note says where that permission is not among it.
pub(crate) async fn acting_as(
    udal: &Udal,
    tenant: TenantSlug,
    user: &str,
    permission: &Permission,
    output: &mut Output,
) -> Result<Context, Failure> {
    let access = udal.build_access_context(user, &tenant, permission).await?;
    if access.permissions().is_empty() {
        let who = udal::shorten(user);
        output.message(&format!("note: the user `{who}` does not hold `{permission}` in the tenant `{tenant}`"));
    }
    Ok(Context::new(tenant, access))
}
