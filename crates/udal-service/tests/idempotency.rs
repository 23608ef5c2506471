//! An idempotency key answers a repetition to who asked first, and to nobody else.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use serde_json::json;
use udal_core::access::Subject;
use udal_core::contract::Created;
use udal_core::model::{Catalog, GroupDeclaration, ModelDeclaration, StorageKind};
use udal_core::{AccessContext, Context, ErrorKind, Ownership, Result, TenantSlug};
use udal_memory::MemoryBackend;
use udal_service::{CountRequest, CreateRequest, RecordService};

fn service() -> RecordService {
    let notes = GroupDeclaration::new("office").model(ModelDeclaration::new("Note").field("text", "str"));
    let catalog = Catalog::build(vec![notes]).unwrap();
    let backend = Arc::new(MemoryBackend::new());
    RecordService::builder(catalog).backend(StorageKind::Terminusdb, backend).build().unwrap()
}

fn user(name: &str, team: &str) -> Context {
    let access = AccessContext::user(name, Some(team)).unwrap();
    let access = access.permit_all(&Subject::parse("office.Note").unwrap(), &Ownership::OwnerOnly);
    Context::new(TenantSlug::new("acme").unwrap(), access.build())
}

async fn note(service: &RecordService, ctx: &Context) -> Result<Created> {
    let request = CreateRequest::new(json!({"text": "hello"})).idempotency_key("key-1");
    service.records("office", "Note")?.create(ctx, request).await
}

#[tokio::test]
async fn nobody_is_answered_what_another_created() {
    let service = service();
    let first = note(&service, &user("ada", "north")).await.unwrap();
    // Another user, and the same one in another team, would see a record out of their reach, or with another team.
    for other in [user("bob", "north"), user("ada", "south")] {
        assert_eq!(note(&service, &other).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    let again = note(&service, &user("ada", "north")).await.unwrap();
    assert_eq!((again.replayed, &again.record), (true, &first.record));
    let everything = AccessContext::unrestricted("a test");
    let all = Context::new(TenantSlug::new("acme").unwrap(), everything);
    let count = service.records("office", "Note").unwrap().count(&all, CountRequest::new()).await.unwrap();
    assert_eq!(count, 1);
}
