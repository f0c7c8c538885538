//! Runs the micro-benchmarks: allocations, and instructions where valgrind is installed.

use std::{collections::BTreeMap, error::Error, path::Path, process::Command};

use serde_json::{Value, json};

use crate::contender::said;

/// The number of runs that callgrind counts.
const TIMES: u64 = 100;
/// The function within which callgrind counts.
const COUNTED: &str = "*repeat*";

/// The counts of one run of a piece.
pub(crate) struct Piece {
    pub(crate) allocations: f64,
    pub(crate) bytes: f64,
    /// The number of instructions; `None` without valgrind.
    pub(crate) instructions: Option<u64>,
}

pub(crate) type Pieces = BTreeMap<String, Piece>;

/// Counts allocations and instructions of each piece. `environment` is that of a running local-azure. Instructions are
/// counted only in optimised code.
pub(crate) fn measure(
    program: &Path,
    optimised: bool,
    environment: &BTreeMap<String, String>,
) -> Result<Pieces, Box<dyn Error>> {
    let said = said(Command::new(program).arg("allocations").envs(environment))?;
    let allocations: BTreeMap<String, BTreeMap<String, f64>> = serde_json::from_str(&said)?;
    let counts = optimised && Command::new("valgrind").arg("--version").output().is_ok();
    let piece = |(name, counted): (String, BTreeMap<String, f64>)| {
        let figure = |name: &str| counted.get(name).copied().unwrap_or_default();
        let instructions = if counts { Some(instructions(program, &name, environment)?) } else { None };
        Ok((name, Piece { allocations: figure("count"), bytes: figure("bytes"), instructions }))
    };
    allocations.into_iter().map(piece).collect()
}

/// Runs divan, which prints the time of each piece.
pub(crate) fn time(program: &Path, environment: &BTreeMap<String, String>) -> std::io::Result<()> {
    let status = Command::new(program).envs(environment).status()?;
    if status.success() {
        Ok(())
    } else {
        Err(std::io::Error::other(format!("the micro-benchmarks ended with {status}")))
    }
}

fn instructions(program: &Path, name: &str, environment: &BTreeMap<String, String>) -> Result<u64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"])
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(program)
        .args(["run", name, &TIMES.to_string()])
        .envs(environment)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let counted = said.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse::<u64>().ok());
    let counted = counted.filter(|_| output.status.success());
    Ok(counted.ok_or_else(|| format!("callgrind counted nothing of {name}:\n{said}"))? / TIMES)
}

/// Returns a table in Markdown.
pub(crate) fn table(pieces: &Pieces) -> String {
    let mut text = "| piece | instructions | allocations | bytes |\n|---|---|---|---|\n".to_owned();
    for (name, piece) in pieces {
        let instructions = piece.instructions.map_or_else(|| "not counted".to_owned(), |count| count.to_string());
        text += &format!("| {name} | {instructions} | {} | {} |\n", piece.allocations, piece.bytes);
    }
    text
}

pub(crate) fn to_json(pieces: &Pieces) -> Value {
    let rows = pieces.iter().map(|(name, piece)| {
        let Piece { allocations, bytes, instructions } = piece;
        (name.clone(), json!({ "allocations": allocations, "bytes": bytes, "instructions": instructions }))
    });
    Value::Object(rows.collect())
}
