//! Every fault against every function that calls services: what docs/reliability.md promises is what happens.
//!
//! The cells are read from the table there. A cell runs in a world of its own, with a handler that holds no token and no
//! secret yet.

mod cell;
mod table;

use local_azure::fault::{Fault, FaultKind, FaultService};

use self::{cell::Function, table::Row};

/// Runs every cell of a service's rows, and tells of all that are not as promised.
async fn check(service: FaultService) {
    let rows: Vec<Row> = table::rows().into_iter().filter(|row| row.fault.service == service).collect();
    assert!(!rows.is_empty(), "the table has no row of {service}");
    let mut broken = Vec::new();
    // One world at a time: the keys of the next one would keep this one waiting.
    for row in &rows {
        for (function, promised) in &row.cells {
            let cell = Box::pin(cell::run(row.fault.clone(), *function, promised));
            broken.extend(cell.await.err().map(|broken| format!("{} × {function}: {broken}", row.spec)));
        }
    }
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
