//! What building a service, and asking it for a model, refuses.

use std::sync::Arc;

use udal_core::ErrorKind;
use udal_core::model::StorageKind;
use udal_memory::MemoryBackend;
use udal_service::RecordService;

use crate::support::{Log, Recorder, catalog, over, service, tenant};

#[test]
fn a_storage_without_backend_is_named() {
    let builder = RecordService::builder(catalog()).backend(StorageKind::Postgresql, Arc::new(MemoryBackend::new()));
    let error = builder.build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.message().contains("terminusdb"), "{error}");
    assert!(error.mend().is_some());
}

#[test]
fn hooks_for_a_model_that_is_not_there() {
    let backend = Arc::new(MemoryBackend::new());
    let hooks = || Recorder::new("first", &Log::default());
    let error = over(&backend).hooks("crm", "Acount", hooks()).build().unwrap_err();
    assert_eq!((error.kind(), error.mend()), (ErrorKind::UnknownName, Some("did you mean `Account`?")));
    let error = over(&backend).hooks("crn", "Account", hooks()).build().unwrap_err();
    assert_eq!((error.kind(), error.mend()), (ErrorKind::UnknownName, Some("did you mean `crm`?")));
}

#[test]
fn unknown_groups_and_models_get_the_nearest_name() {
    let service = service();
    for (group, model, hint) in [
        ("cmr", "Account", Some("did you mean `crm`?")),
        ("crm", "account", Some("did you mean `Account`?")),
        ("crm", "Result", Some("it is in group `lab`")),
        ("finance", "Account", None),
        ("", "", None),
    ] {
        let error = service.records(group, model).unwrap_err();
        assert_eq!((error.kind(), error.mend()), (ErrorKind::UnknownName, hint), "{group}/{model}");
    }
}

#[tokio::test]
async fn tenants_are_made_listed_and_dropped_on_every_backend() {
    let (documents, tables) = (Arc::new(MemoryBackend::new()), Arc::new(MemoryBackend::new()));
    let service = RecordService::builder(catalog())
        .backend(StorageKind::Terminusdb, documents)
        .backend(StorageKind::Postgresql, tables)
        .build()
        .unwrap();
    let acme = tenant("acme");
    assert!(service.create_tenant(&acme).await.unwrap());
    assert!(!service.create_tenant(&acme).await.unwrap());
    assert_eq!(service.list_tenants().await.unwrap(), std::slice::from_ref(&acme));
    assert!(service.drop_tenant(&acme).await.unwrap());
    assert!(!service.drop_tenant(&acme).await.unwrap());
    assert!(service.list_tenants().await.unwrap().is_empty());
}
