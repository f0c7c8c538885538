//! Compares handlers that were built in several ways. They take turns.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    contender::Contender,
    measure::{Job, Measure},
    rounds::{Arena, Plan},
    statistics::figure,
};

/// The default number of rounds.
pub(crate) const ROUNDS: usize = 7;
const PLAN: Plan = Plan {
    rounds: ROUNDS,
    connections: &[16],
    requests: 10_000,
    large_upload: 64 << 20,
    first_requests: 0,
    threads: None,
};

/// Returns a table in Markdown, and whether one of the handlers failed. `environment` is that of a running local-azure.
pub(crate) async fn table(
    files: &[PathBuf],
    rounds: usize,
    environment: &BTreeMap<String, String>,
    folder: &Path,
) -> (String, bool) {
    let mut contenders = Vec::new();
    let mut missing = Vec::new();
    for file in files {
        let name: &'static str = file.file_name().unwrap_or_default().to_string_lossy().into_owned().leak();
        let (program, size) = match (file.canonicalize(), fs::metadata(file)) {
            (Ok(program), Ok(file)) => (program, file.len()),
            (Err(error), _) | (_, Err(error)) => {
                missing.push(format!("{name} is left out: {error}"));
                continue;
            }
        };
        contenders.push(Contender {
            name,
            version: String::new(),
            program,
            arguments: Vec::new(),
            settings: vec![("RUST_LOG", "off".to_owned())],
            without: &["SSL_CERT_FILE"],
            jobs: &Job::ALL[..],
            package: Some(size),
        });
    }
    let plan = Plan { rounds, ..PLAN };
    let arena = Arena { plan: &plan, environment, folder };
    let (samples, failed) = arena.measure(&contenders).await;
    let measures = [
        Measure::PackageSize,
        Measure::FirstAnswer,
        Measure::FirstJob,
        Measure::IdleMemory,
        Measure::LoadedMemory,
        Measure::LargeUploadPeak,
        Measure::Cpu(Job::Health),
        Measure::Cpu(Job::Relay),
        Measure::Cpu(Job::SnapshotNow),
        Measure::Cpu(Job::Upload),
    ];
    let mut text = "| built so | file, MB |".to_owned();
    for measure in &measures[1..] {
        text += &format!(" {}, {} |", measure.title(), measure.unit());
    }
    text += &format!("\n|---|{}\n", "---|".repeat(measures.len()));
    for Contender { name, .. } in &contenders {
        text += &format!("| {name} |");
        for measure in measures {
            let median = samples.spread(measure, name).map(|spread| figure(spread.median));
            text += &format!(" {} |", median.unwrap_or_else(|| "–".to_owned()));
        }
        text += "\n";
    }
    missing.extend(failed.into_values());
    for reason in &missing {
        text += &format!("\n{reason}\n");
    }
    (text, !missing.is_empty())
}
