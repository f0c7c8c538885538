//! Every fault against every function that calls services: what docs/reliability.md promises is what happens.
//!
//! The cells are read from the table there. A cell runs in a world of its own, with a handler that holds no token and no
//! secret yet.

mod cell;
mod table;

use futures_util::{StreamExt as _, stream};
use local_azure::fault::{Fault, FaultKind, FaultService};

use self::{cell::Function, table::Row};

/// Cells at a time.
const AT_ONCE: usize = 3;

/// Runs every cell of a service's rows, and tells of all that are not as promised.
async fn check(service: FaultService) {
    let rows: Vec<Row> = table::rows().into_iter().filter(|row| row.fault.service == service).collect();
    assert!(!rows.is_empty(), "the table has no row of {service}");
    let cells =
        rows.iter().flat_map(|row| row.cells.iter().map(move |(function, promised)| (row, *function, promised)));
    let run = |(row, function, promised): (&Row, Function, &String)| {
        let (fault, spec, promised) = (row.fault.clone(), row.spec.clone(), promised.clone());
        // Boxed, as a world is large.
        Box::pin(async move {
            let broken = cell::run(fault, function, &promised).await.err()?;
            Some(format!("{spec} × {function}: {broken}"))
        })
    };
    let broken: Vec<String> =
        stream::iter(cells).map(run).buffer_unordered(AT_ONCE).filter_map(|broken| async { broken }).collect().await;
    assert!(broken.is_empty(), "{} cells are not as promised:\n{}", broken.len(), broken.join("\n"));
}

#[tokio::test]
async fn faults_of_the_identity_endpoint() {
    check(FaultService::IdentityEndpoint).await;
}

#[tokio::test]
async fn faults_of_key_vault() {
    check(FaultService::KeyVault).await;
}

#[tokio::test]
async fn faults_of_blob_storage() {
    check(FaultService::BlobStorage).await;
}

#[tokio::test]
async fn faults_of_api_management() {
    check(FaultService::ApiManagement).await;
}

#[tokio::test]
async fn faults_of_the_backend() {
    check(FaultService::Backend).await;
}

#[tokio::test]
async fn faults_of_entra() {
    check(FaultService::Entra).await;
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
