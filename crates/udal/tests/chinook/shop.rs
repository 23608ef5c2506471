//! The shop: a Udal of its own, with what the test asks of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value as Json;
use tempfile::TempDir;
use udal::record::Record;
use udal::{AccessContext, Context, CountRequest, Durability, ListRequest, Permission, Records, TenantSlug, Udal};

pub(crate) struct Shop {
    pub(crate) udal: Udal,
    scratch: TempDir,
    pub(crate) ctx: Context,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        // The server's user must be able to enter it.
        fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let groups = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chinook");
        let udal = Udal::builder()
            .groups_dir(groups)
            .data_dir(scratch.path().join("data"))
            .durability(Durability::None)
            .start()
            .await
            .unwrap();
        let tenant = TenantSlug::new("chinook").unwrap();
        Shop { udal, scratch, ctx: Context::new(tenant, AccessContext::unrestricted("the test imports a shop")) }
    }

    pub(crate) fn records(&self, model: &str) -> Records {
        self.udal.service().records("chinook", model).unwrap()
    }

    /// The context of a user who is about to look at invoices.
    pub(crate) async fn user(&self, id: &str) -> Context {
        let tenant = self.ctx.tenant();
        let view = Permission::parse("chinook.Invoice.view").unwrap();
        let access = self.udal.build_access_context(id, tenant, &view).await.unwrap();
        Context::new(tenant.clone(), access)
    }

    /// What the test asks, asked for somebody else.
    pub(crate) fn acting_for(&self, ctx: Context) -> Asker<'_> {
        Asker { shop: self, ctx }
    }

    pub(crate) async fn count(&self, model: &str, filter: Json) -> u64 {
        self.acting_for(self.ctx.clone()).count(model, filter).await
    }

    pub(crate) async fn all(&self, model: &str, filter: Json, order: &str) -> Vec<Record> {
        self.acting_for(self.ctx.clone()).all(model, filter, order).await
    }

    pub(crate) async fn close(self) {
        self.udal.stop().await.unwrap();
        drop(self.scratch);
    }
}

/// Who asks the shop.
pub(crate) struct Asker<'a> {
    shop: &'a Shop,
    ctx: Context,
}

impl Asker<'_> {
    pub(crate) async fn count(&self, model: &str, filter: Json) -> u64 {
        self.shop.records(model).count(&self.ctx, CountRequest::new().filter(filter)).await.unwrap()
    }

    /// Every record that the filter finds, page by page.
    pub(crate) async fn all(&self, model: &str, filter: Json, order: &str) -> Vec<Record> {
        let mut found = Vec::new();
        let mut request = ListRequest::new().filter(filter.clone()).order_by(order).limit(500);
        loop {
            let page = self.shop.records(model).list(&self.ctx, request).await.unwrap();
            found.extend(page.records);
            match page.next {
                None => return found,
                Some(cursor) => {
                    request = ListRequest::new().filter(filter.clone()).order_by(order).limit(500).cursor(cursor);
                }
            }
        }
    }
}

pub(crate) fn text(record: &Record, field: &str) -> String {
    record.value(field).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
}

/// An amount such as `13.86` in cents.
pub(crate) fn cents(record: &Record, field: &str) -> i64 {
    let amount = record.value(field).unwrap().to_json();
    let (whole, fraction) = amount.as_str().unwrap().split_once('.').unwrap_or((amount.as_str().unwrap(), ""));
    format!("{whole}{fraction:0<2}").parse().unwrap()
}

pub(crate) fn sum(records: &[Record], field: &str) -> i64 {
    records.iter().map(|record| cents(record, field)).sum()
}
