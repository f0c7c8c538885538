//! Handlers that were built in several ways, in turns.

use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    contender::Contender,
    measure::{Job, Measure},
    rounds::{Arena, Plan},
    statistics::figure,
};

const PLAN: Plan = Plan { rounds: 7, connections: &[16], requests: 10_000, large_upload: 64 << 20, first_requests: 0 };

/// A table in Markdown. `environment` is that of a running local-azure.
pub(crate) async fn table(
    files: &[PathBuf],
    environment: &BTreeMap<String, String>,
    folder: &Path,
) -> Result<String, Box<dyn Error>> {
    let mut contenders = Vec::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        contenders.push(Contender {
            name: name.leak(),
            version: String::new(),
            program: file.canonicalize()?,
            arguments: Vec::new(),
            settings: vec![("RUST_LOG", "off".to_owned())],
            without: &["SSL_CERT_FILE"],
            jobs: &Job::ALL[..],
            package: Some(fs::metadata(file)?.len()),
        });
    }
    let arena = Arena { plan: &PLAN, environment, folder };
    let (samples, failed) = arena.measure(&contenders).await?;
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
    for reason in failed {
        text += &format!("\n{reason}\n");
    }
    Ok(text)
}
