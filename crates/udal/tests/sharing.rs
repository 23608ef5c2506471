//! Users who share records, on a real server.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::json;
use tempfile::TempDir;
use udal::access::ShareLevel;
use udal::{
    AccessContext, AuditFilter, AuditKind, Context, CreateRequest, Durability, ErrorKind, Expected, Permission,
    Receiver, Share, TenantPlacement, TenantSlug, Udal, UpdateRequest, load_texts,
};

const CRM: &str = "\
group: crm
models:
  Account: {fields: {name: str}}
  Result: {storage: postgresql, fields: {name: str}}
";
const POLICIES: &str = "\
users: {jane: , otto: , carl: }
teams: {sales: {ownership: owner_only, members: {jane: [editor], otto: [editor], carl: [viewer]}}}
grants:
  - {permission: crm.*.share, to: user:jane}
  - {permission: crm.*.share, to: user:carl}
";

struct Office {
    udal: Udal,
    system: Context,
    _scratch: TempDir,
}

impl Office {
    async fn open() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        // The server's user must be able to enter it.
        fs::set_permissions(scratch.path(), Permissions::from_mode(0o755)).unwrap();
        let catalog = load_texts(&[("crm.yaml", CRM)]).unwrap();
        let builder = Udal::builder().catalog(catalog.clone()).data_dir(scratch.path().join("data"));
        let udal = builder.durability(Durability::None).start().await.unwrap();
        let tenant = TenantSlug::new("office").unwrap();
        udal.create_tenant(&tenant, &TenantPlacement::default()).await.unwrap();
        let system = Context::new(tenant, AccessContext::unrestricted("the test's task"));
        let path = scratch.path().join("policies.yaml");
        fs::write(&path, POLICIES).unwrap();
        let directory = udal::load_policies(&path, &catalog).unwrap();
        udal.change_access(&system, Expected::Any, move |_| Ok(directory)).await.unwrap();
        Office { udal, system, _scratch: scratch }
    }

    async fn user(&self, id: &str, permission: &str) -> Context {
        let tenant = self.system.tenant();
        let access = self.udal.build_access_context(id, tenant, &Permission::parse(permission).unwrap()).await.unwrap();
        Context::new(tenant.clone(), access)
    }

    async fn record(&self, model: &str, id: &str, owner: &str) {
        let item = json!({"id": id, "name": "it", "owned_by": owner});
        self.udal
            .service()
            .records("crm", model)
            .unwrap()
            .create(&self.system, CreateRequest::new(item))
            .await
            .unwrap();
    }

    async fn sees(&self, user: &str, model: &str, id: &str) -> bool {
        let ctx = self.user(user, &format!("crm.{model}.view")).await;
        self.udal.service().records("crm", model).unwrap().get(&ctx, id).await.unwrap().is_some()
    }

    /// Shares the record as that user; answers the kind and the words of the refusal, where it is one.
    async fn share(&self, user: &str, id: &str, with: &str, level: ShareLevel) -> Result<(), (ErrorKind, String)> {
        let model = id.split('/').next().unwrap_or_default();
        let ctx = self.user(user, &format!("crm.{model}.share")).await;
        let share = Share { level, until: None };
        let done = self.udal.share_record(&ctx, id, Receiver::parse(with).unwrap(), share).await;
        done.map(|_| ()).map_err(|error| (error.kind(), error.to_string()))
    }

    async fn unshare(&self, user: &str, id: &str, with: &str) -> Result<(), ErrorKind> {
        let ctx = self.user(user, "crm.Account.share").await;
        let done = self.udal.unshare_record(&ctx, id, Receiver::parse(with).unwrap()).await;
        done.map(|_| ()).map_err(|error| error.kind())
    }
}

#[tokio::test]
async fn users_share_what_they_may_do_themselves() {
    let office = Office::open().await;
    for (model, id) in [("Account", "Account/janes"), ("Result", "Result/janes")] {
        office.record(model, id, "jane").await;
        assert!(!office.sees("otto", model, id).await);
        office.share("jane", id, "user:otto", ShareLevel::Edit).await.unwrap();
        assert!(office.sees("otto", model, id).await);
        let otto = office.user("otto", &format!("crm.{model}.update")).await;
        let records = office.udal.service().records("crm", model).unwrap();
        records.update(&otto, UpdateRequest::new(id, json!({"name": "otto's"}))).await.unwrap();
    }
    office.unshare("jane", "Account/janes", "user:otto").await.unwrap();
    assert!(!office.sees("otto", "Account", "Account/janes").await);
    assert_eq!(office.unshare("jane", "Account/janes", "user:otto").await, Err(ErrorKind::NotFound));
    // Who shared what is in the audit log.
    let filter = AuditFilter { user: Some("jane".to_owned()), ..AuditFilter::default() };
    let kept = office.udal.audit(office.system.tenant(), &filter, 100).await.unwrap();
    let details: Vec<_> = kept.into_iter().filter_map(|kept| kept.entry.detail).collect();
    assert!(details.iter().any(|detail| detail.contains("Account/janes")), "{details:?}");
    office.udal.stop().await.unwrap();
}

#[tokio::test]
async fn nobody_shares_what_they_may_not() {
    let office = Office::open().await;
    office.record("Account", "Account/janes", "jane").await;
    office.record("Account", "Account/ottos", "otto").await;
    office.record("Account", "Account/carls", "carl").await;

    // What is out of sight is as what is not there, to the letter.
    let hidden = office.share("jane", "Account/ottos", "user:carl", ShareLevel::View).await.unwrap_err();
    let absent = office.share("jane", "Account/ottoz", "user:carl", ShareLevel::View).await.unwrap_err();
    assert_eq!(hidden.0, ErrorKind::NotFound);
    assert_eq!(hidden.1.replace("ottos", "ottoz"), absent.1);
    assert_eq!(office.share("jane", "none", "user:carl", ShareLevel::View).await.unwrap_err().0, ErrorKind::NotFound);

    // Otto, an editor, does not hold the permission to share, and says so even of what is his.
    let ctx = office.user("otto", "crm.Account.view").await;
    let share = Share { level: ShareLevel::View, until: None };
    let refused = office.udal.share_record(&ctx, "Account/ottos", Receiver::User("carl".to_owned()), share).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Denied);

    // Carl sees and shares, and may not change what is his: nor let others.
    let refused = office.share("carl", "Account/carls", "user:jane", ShareLevel::Edit).await.unwrap_err();
    assert_eq!(refused.0, ErrorKind::Denied);
    assert!(!office.sees("jane", "Account", "Account/carls").await);
    office.share("carl", "Account/carls", "user:jane", ShareLevel::View).await.unwrap();
    // A share lets her see it, and share it on no further: that takes `full`.
    let refused = office.share("jane", "Account/carls", "user:otto", ShareLevel::View).await.unwrap_err();
    assert_eq!(refused.0, ErrorKind::Denied);

    // What was shared for more is not his to take away.
    let more = Share { level: ShareLevel::Edit, until: None };
    let with = Receiver::User("otto".to_owned());
    office.udal.share_record(&office.system, "Account/carls", with, more).await.unwrap();
    let refused = office.share("carl", "Account/carls", "user:otto", ShareLevel::View).await.unwrap_err();
    assert_eq!(refused.0, ErrorKind::Denied);
    assert_eq!(office.unshare("carl", "Account/carls", "user:otto").await, Err(ErrorKind::Denied));

    // Nobody learns who else there is.
    let refused = office.share("jane", "Account/janes", "user:ottl", ShareLevel::View).await.unwrap_err();
    assert_eq!(refused.0, ErrorKind::InvalidInput);
    assert!(!refused.1.contains("otto"), "{}", refused.1);

    let filter = AuditFilter { kind: Some(AuditKind::Denial), ..AuditFilter::default() };
    let denials = office.udal.audit(office.system.tenant(), &filter, 100).await.unwrap();
    assert!(denials.iter().filter(|kept| kept.entry.operation.contains("share_record")).count() >= 5, "{denials:?}");
    office.udal.stop().await.unwrap();
}
