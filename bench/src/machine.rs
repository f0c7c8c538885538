//! The machine and the tools of a run.

use std::{fs, process::Command};

use serde_json::{Value, json};

use crate::contender::{Contender, root, said};

/// The machine, the compiler and the contenders.
pub(crate) struct Machine {
    processor: String,
    cores: usize,
    memory_gb: f64,
    kernel: String,
    rustc: String,
    commit: String,
    load_before: String,
}

impl Machine {
    /// Describes this machine. Call it before the measurement: the description includes the load from other programs.
    pub(crate) fn here() -> Self {
        let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
        let value = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name));
            line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        let kib = value(&read("/proc/meminfo"), "MemTotal").trim_end_matches(" kB").parse::<f64>().unwrap_or_default();
        let tool = |command: &mut Command| said(command).unwrap_or_default();
        Self {
            processor: value(&read("/proc/cpuinfo"), "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gb: kib / 1e6,
            // Only the number is kept: the text after it names the build.
            kernel: read("/proc/sys/kernel/osrelease").trim().split('-').next().unwrap_or_default().to_owned(),
            rustc: tool(Command::new("rustc").arg("--version")),
            commit: tool(Command::new("git").args(["describe", "--always", "--dirty"]).current_dir(root())),
            load_before: read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned(),
        }
    }

    pub(crate) fn in_words(&self) -> String {
        let Self { processor, cores, memory_gb, kernel, rustc, commit, load_before } = self;
        format!(
            "{cores} cores of {processor}, {memory_gb:.0} GB, Linux {kernel}, {rustc}, commit {commit}. The load average \
             before the run was {load_before}."
        )
    }

    pub(crate) fn to_json(&self, contenders: &[Contender]) -> Value {
        let versions: serde_json::Map<_, _> =
            contenders.iter().map(|contender| (contender.name.to_owned(), json!(contender.version))).collect();
        json!({
            "processor": self.processor, "cores": self.cores, "memoryGb": self.memory_gb, "kernel": self.kernel,
            "rustc": self.rustc, "commit": self.commit, "loadAverageBefore": self.load_before, "contenders": versions,
        })
    }
}
