//! The tables, the JSON and the charts of a run.

use std::{error::Error, fs, path::Path};

use serde_json::{Value, json};

use crate::{
    chart::{self, Bar},
    contender::{Contender, Contenders, FLOOR, OURS, root},
    machine::Machine,
    measure::{Better, Job, Measure, Samples},
    statistics::figure,
};

/// The marker at the start of the part of `docs/performance.md` that a run writes.
const BEGIN: &str = "<!-- figures: `cargo bench-all` writes from here -->";
const END: &str = "<!-- to here -->";
/// The marker at the start of the part that `bench/variants` writes.
const VARIANTS_BEGIN: &str = "<!-- variants: `bench/variants` writes from here -->";
const VARIANTS_END: &str = "<!-- variants end -->";
/// The measures with a chart, and the name of the chart's file.
const CHARTS: [(Measure, &str); 5] = [
    (Measure::FirstAnswer, "first-answer"),
    (Measure::FirstJob, "first-job"),
    (Measure::IdleMemory, "idle-memory"),
    (Measure::Cpu(Job::SnapshotNow), "cpu-main-job"),
    (Measure::Cpu(Job::Health), "cpu-health"),
];

/// The results of a run.
pub(crate) struct Report<'a> {
    pub(crate) command: &'a str,
    pub(crate) machine: &'a Machine,
    pub(crate) contenders: &'a Contenders,
    pub(crate) samples: &'a Samples,
    /// Each section's heading, its text in Markdown and its data.
    pub(crate) sections: Vec<(&'static str, String, Value)>,
}

impl Report<'_> {
    /// Returns the report in Markdown.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("`{}`, {}. {}\n", self.command, today(), self.machine.in_words());
        for contender in &self.contenders.all {
            text += &format!("- {}: {}\n", contender.name, contender.version);
        }
        for reason in &self.contenders.left_out {
            text += &format!("- {reason}\n");
        }
        let (targets, others) = self.sections.split_at(1.min(self.sections.len()));
        for (heading, section, _) in targets {
            text += &format!("\n### {heading}\n\n{section}");
        }
        text += "\n### Beside each other\n\nThe median of the rounds, and from the lowest to the highest. A ratio is that to \
                 the handler of the same round, and \"no verdict\" where the rounds disagree.\n\n";
        text += &self.table();
        for (heading, section, _) in others {
            text += &format!("\n### {heading}\n\n{section}");
        }
        text
    }

    fn table(&self) -> String {
        let names: Vec<_> = self.contenders.all.iter().map(|contender| contender.name).collect();
        let mut text = format!("| measure | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
        for measure in self.samples.measures() {
            text += &format!("| {}, {} |", measure.title(), measure.unit());
            for contender in &self.contenders.all {
                text += &format!(" {} |", self.cell(measure, contender));
            }
            text += "\n";
        }
        text
    }

    fn cell(&self, measure: Measure, contender: &Contender) -> String {
        let Some(spread) = self.samples.spread(measure, contender.name) else { return "–".to_owned() };
        let (rounds, single) = (spread.in_words(), spread.low.total_cmp(&spread.high).is_eq());
        match self.samples.ratio(measure, contender.name, OURS).filter(|_| contender.name != OURS) {
            None => rounds,
            // A single sample has no spread.
            Some(ratio) if single => format!("{rounds}, × {}", figure(ratio.spread.median)),
            Some(ratio) if ratio.is_verdict() => format!("{rounds}, × {}", figure(ratio.spread.median)),
            Some(_) => format!("{rounds}, no verdict"),
        }
    }

    pub(crate) fn json(&self) -> Value {
        let sections: serde_json::Map<_, _> =
            self.sections.iter().map(|(heading, _, data)| ((*heading).to_owned(), data.clone())).collect();
        json!({
            "command": self.command, "date": today(), "machine": self.machine.to_json(&self.contenders.all),
            "leftOut": self.contenders.left_out, "measures": self.samples.to_json(OURS), "sections": sections,
        })
    }

    /// Writes `results.json`, `results.md` and the charts to `folder`.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Box<dyn Error>> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("results.json"), serde_json::to_string_pretty(&self.json())? + "\n")?;
        for (measure, name) in CHARTS {
            let bars: Vec<_> = self.contenders.all.iter().filter_map(|one| self.bar(measure, one)).collect();
            let better = match measure.better() {
                Better::Less => "less is better",
                Better::More => "more is better",
            };
            let title = format!("{} ({better})", measure.title());
            fs::write(folder.join(format!("{name}.svg")), chart::bars(&title, measure.unit(), &bars))?;
        }
        Ok(())
    }

    fn bar(&self, measure: Measure, contender: &Contender) -> Option<Bar> {
        let spread = self.samples.spread(measure, contender.name)?;
        let name = if contender.name == FLOOR { "axum alone" } else { contender.name };
        Some(Bar { name: name.to_owned(), low: spread.low, median: spread.median, high: spread.high })
    }

    /// Writes the report into the document and keeps the text around it.
    pub(crate) fn write_into_document(&self) -> Result<(), Box<dyn Error>> {
        let charts = CHARTS.iter().map(|(_, name)| format!("![{name}](performance/{name}.svg)\n"));
        put(BEGIN, END, &format!("{}\n{}", self.text(), charts.collect::<String>()))
    }
}

/// Writes the table of variants into the document.
pub(crate) fn write_variants(table: &str) -> Result<(), Box<dyn Error>> {
    put(VARIANTS_BEGIN, VARIANTS_END, table)
}

fn put(begin: &str, end: &str, text: &str) -> Result<(), Box<dyn Error>> {
    let document = root().join("docs/performance.md");
    let before = fs::read_to_string(&document)?;
    let after = replaced(&before, begin, end, text).ok_or("docs/performance.md has lost its marks")?;
    Ok(fs::write(document, after)?)
}

fn replaced(document: &str, begin: &str, end: &str, text: &str) -> Option<String> {
    let (head, rest) = document.split_once(begin)?;
    let (_, tail) = rest.split_once(end)?;
    Some(format!("{head}{begin}\n\n{text}\n{end}{tail}"))
}

fn today() -> String {
    jiff::Timestamp::now().to_string().chars().take("2026-11-28".len()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_around_the_figures_stays() {
        let document = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let written = replaced(&document, BEGIN, END, "new").unwrap();
        assert!(written.starts_with("before\n") && written.ends_with("\nafter\n"), "{written}");
        assert!(written.contains("new") && !written.contains("old"), "{written}");
        assert_eq!(replaced("no marks", BEGIN, END, "new"), None);
    }
}
