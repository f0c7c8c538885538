//! Every fault against every function that calls services. The promises of docs/reliability.md must hold.
//!
//! The cells come from the table in that document. Each cell has its own handler, which holds no token and no secret
//! yet.

mod cell;
mod table;

use std::iter;

use futures_util::{StreamExt as _, stream};
use local_azure::{
    LocalAzure,
    fault::{Fault, FaultKind, FaultService},
};
use tokio::{runtime::Handle, task::spawn_blocking};

use self::{cell::Function, table::Row};
use crate::{rig::Rig, storage};

/// The number of cells that run at once. Most cells wait for the end of a pause or a time limit.
const AT_ONCE: usize = 8;

/// Cells of one fault that share a world, one after another.
struct Batch {
    spec: String,
    fault: Fault,
    cells: Vec<(Function, String)>,
}

impl Batch {
    /// Divides the cells of a row into batches. Each batch has its own world.
    fn from_row(row: Row) -> Vec<Self> {
        // Some effects would last into the next cell: data that the gateway has read from Entra, a model that it avoids
        // for a while, and a new key of the tenant.
        let is_remembered = matches!(row.fault.service, FaultService::Entra | FaultService::ModelAccount);
        let leaves_a_trace = is_remembered || row.fault.kind == FaultKind::KeyRollover;
        // Cells with long waits run at the same time.
        let is_long = row.fault.kind == FaultKind::Hang;
        let length = if leaves_a_trace || is_long { 1 } else { row.cells.len() };
        let batch = |cells: &[_]| Self { spec: row.spec.clone(), fault: row.fault.clone(), cells: cells.to_vec() };
        row.cells.chunks(length).map(batch).collect()
    }

    /// Runs the cells of the batch. Returns those that do not keep the promise.
    async fn run(self) -> Vec<String> {
        let mut rig = Rig::with(|seed| seed.faults.push(self.fault.clone())).await;
        let mut broken = Vec::new();
        for (index, (function, promised)) in iter::zip(0.., &self.cells) {
            if index > 0 {
                let world = rig.without_host().await;
                clean(&world.azure).await;
                world.azure.world().faults().set(self.fault.clone()).unwrap();
                rig = world.with_host().await;
            }
            let cell = Box::pin(cell::check(&rig, *function, promised)).await;
            broken.extend(cell.err().map(|broken| format!("{} × {function}: {broken}", self.spec)));
        }
        broken
    }
}

/// Removes all faults, and the blobs that an earlier cell has written.
async fn clean(azure: &LocalAzure) {
    azure.world().faults().clear();
    for path in cell::written(azure, None) {
        storage::remove(azure, &path).await;
    }
}

/// Runs every cell of a service's rows. Fails with all cells that do not keep the promise.
async fn check(service: FaultService) {
    let rows: Vec<Row> = table::rows().into_iter().filter(|row| row.fault.service == service).collect();
    assert!(!rows.is_empty(), "the table has no row of {service}");
    let mut batches: Vec<Batch> = rows.into_iter().flat_map(Batch::from_row).collect();
    // The longest batches begin first: those without an answer, then those in which several tries in a row may fail.
    batches.sort_by_key(|batch| (batch.fault.kind != FaultKind::Hang, batch.fault.count.is_some()));
    // Each batch runs on its own thread, because making the keys of a world takes a noticeable part of a second.
    let runs = batches.into_iter().map(|batch| spawn_blocking(|| Handle::current().block_on(batch.run())));
    let broken: Vec<String> =
        stream::iter(runs).buffer_unordered(AT_ONCE).flat_map(|run| stream::iter(run.unwrap())).collect().await;
    assert!(broken.is_empty(), "{} cells are not as promised:\n{}", broken.len(), broken.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_the_identity_endpoint() {
    check(FaultService::IdentityEndpoint).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_key_vault() {
    check(FaultService::KeyVault).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_blob_storage() {
    check(FaultService::BlobStorage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_api_management() {
    check(FaultService::ApiManagement).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_the_backend() {
    check(FaultService::Backend).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_entra() {
    check(FaultService::Entra).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_model_accounts() {
    check(FaultService::ModelAccount).await;
}

#[test]
fn the_table_has_every_kind_of_fault_and_every_function_that_calls_services() {
    let rows = table::rows();
    for kind in FaultKind::ALL {
        assert!(rows.iter().any(|row| row.fault.kind == *kind), "the table has no row of {kind}");
    }
    for row in &rows {
        let functions: Vec<Function> = row.cells.iter().map(|(function, _)| *function).collect();
        assert!(!functions.is_empty(), "{} strikes no function", row.spec);
        assert_eq!(row.fault, row.spec.parse::<Fault>().unwrap());
    }
    for function in Function::ALL {
        assert!(rows.iter().any(|row| row.cells.iter().any(|(one, _)| *one == function)), "{function} has no cell");
    }
}
