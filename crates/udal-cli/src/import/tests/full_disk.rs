//! A disk that is full in the middle of an import.

use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use udal::model::StorageKind;
use udal::record::Record;
use udal::{Context, CountRequest, Error, ErrorKind, RecordService, Result, TenantSlug};
use udal_core::contract::{
    Backend, BatchCreate, BatchDelete, BatchReport, BatchUpdate, ChangeReport, Count, Create, Created, Delete, Deleted,
    Get, List, Page, Search, Update, Upsert,
};
use udal_format::Format;
use udal_memory::MemoryBackend;

use super::model;
use crate::args::{ImportArguments, InputFormat, Target};
use crate::exit::Exit;
use crate::import::report::Report;
use crate::import::{Input, Mode, run};
use crate::output::Output;
use crate::session::operator;

/// Keeps records in memory until so many batches were written; then its disk is full.
struct Filling {
    memory: MemoryBackend,
    batches_left: AtomicU64,
}

#[async_trait]
impl Backend for Filling {
    fn name(&self) -> &'static str {
        "filling"
    }

    async fn get(&self, ctx: &Context, op: Get) -> Result<Option<Record>> {
        self.memory.get(ctx, op).await
    }

    async fn list(&self, ctx: &Context, op: List) -> Result<Page> {
        self.memory.list(ctx, op).await
    }

    async fn search(&self, ctx: &Context, op: Search) -> Result<Vec<Record>> {
        self.memory.search(ctx, op).await
    }

    async fn count(&self, ctx: &Context, op: Count) -> Result<u64> {
        self.memory.count(ctx, op).await
    }

    async fn create(&self, ctx: &Context, op: Create) -> Result<Created> {
        self.memory.create(ctx, op).await
    }

    async fn update(&self, ctx: &Context, op: Update) -> Result<Record> {
        self.memory.update(ctx, op).await
    }

    async fn delete(&self, ctx: &Context, op: Delete) -> Result<Option<Deleted>> {
        self.memory.delete(ctx, op).await
    }

    async fn batch_create(&self, ctx: &Context, op: BatchCreate<'_>) -> Result<BatchReport> {
        if self.batches_left.load(Ordering::SeqCst) == 0 {
            return Err(Error::new(ErrorKind::StorageFull, "the database's disk is full"));
        }
        self.batches_left.fetch_sub(1, Ordering::SeqCst);
        self.memory.batch_create(ctx, op).await
    }

    async fn upsert(&self, ctx: &Context, op: Upsert<'_>) -> Result<ChangeReport> {
        self.memory.upsert(ctx, op).await
    }

    async fn batch_update(&self, ctx: &Context, op: BatchUpdate<'_>) -> Result<ChangeReport> {
        self.memory.batch_update(ctx, op).await
    }

    async fn batch_delete(&self, ctx: &Context, op: BatchDelete<'_>) -> Result<ChangeReport> {
        self.memory.batch_delete(ctx, op).await
    }

    async fn create_tenant(&self, tenant: &TenantSlug) -> Result<bool> {
        self.memory.create_tenant(tenant).await
    }

    async fn list_tenants(&self) -> Result<Vec<TenantSlug>> {
        self.memory.list_tenants().await
    }

    async fn drop_tenant(&self, tenant: &TenantSlug) -> Result<bool> {
        self.memory.drop_tenant(tenant).await
    }
}

/// What was written to it can be read from its clones.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Imports these lines where two batches find room; answers the exit, the count afterwards, answer and messages.
fn import(lines: String) -> (Exit, u64, serde_json::Value, String) {
    let filling = Filling { memory: MemoryBackend::new(), batches_left: AtomicU64::new(2) };
    let catalog = super::catalog();
    let service = RecordService::builder(catalog).backend(StorageKind::Terminusdb, Arc::new(filling)).build().unwrap();
    let target =
        Target { group: "notes".to_owned(), model: model().name().to_owned(), tenant: "acme".to_owned(), user: None };
    let arguments = ImportArguments {
        target,
        file: PathBuf::from("-"),
        mode: Mode::Create,
        input_format: None,
        atomic: false,
        without: Vec::new(),
        errors: None,
    };
    let input = Input {
        name: "lines".to_owned(),
        reader: Box::new(Cursor::new(lines.into_bytes())),
        bytes: None,
        format: InputFormat::Ndjson,
        report: Report::new(Mode::Create, None).unwrap(),
    };
    let (answers, messages) = (Kept::default(), Kept::default());
    let mut output = Output::to(answers.clone(), messages.clone(), Format::Json);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let exit = run(&arguments, &operator("acme").unwrap(), input, &service, &mut output).await.unwrap();
        let records = service.records("notes", "AppNote").unwrap();
        let count = records.count(&operator("acme").unwrap(), CountRequest::new()).await.unwrap();
        (exit, count, serde_json::from_str(&answers.text()).unwrap(), messages.text())
    })
}

#[test]
fn what_was_acknowledged_stays_and_the_rest_is_reported() {
    let lines: String = (0..20_000).map(|at| format!("{{\"title\":\"{at}\"}}\n")).collect();
    let (exit, count, summary, said) = import(format!("oops\n{lines}"));
    assert_eq!((exit, exit.code(), count), (Exit::Full, 9, 9_999));
    assert_eq!((&summary["created"], &summary["failed"]), (&9_999.into(), &1.into()));
    assert_eq!(summary["stopped"]["line"], 10_001);
    assert_eq!(summary["stopped"]["error"]["code"], "storage_full");
    assert!(said.starts_with("line 1: not JSON: "), "{said}");
    assert!(said.contains("error: the import stopped at line 10001: the database's disk is full"), "{said}");
}
