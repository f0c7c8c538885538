//! The rounds. Every contender gets a turn in each round, so that any other work of the machine affects all of them.

use std::{
    collections::BTreeMap,
    error::Error,
    io,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use crate::{
    contender::Contender,
    http,
    load::{self, Measured},
    measure::{Job, Measure, Samples},
    process::{Process, Start},
};

/// The time that an instance is idle before its memory is read.
const IDLE: Duration = Duration::from_millis(500);
/// The body size of a small upload.
const SMALL_UPLOAD: usize = 16 * 1024;
/// The number of sources in `SNAPSHOT_SOURCES` that the load uses. The blob of each is written once a minute. With more
/// requests in that minute, the job finds the blob written.
const SOURCES: usize = 2_000;
/// The number of attempts at a turn. A machine under load can break off one of them.
const TRIES: usize = 2;

/// The number of the next request in this run. It makes the name of each upload unique.
static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// The size of a run.
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    pub(crate) connections: &'static [usize],
    /// The requests for `health` on each number of connections. Each other job gets a tenth of them.
    pub(crate) requests: usize,
    pub(crate) large_upload: u64,
    /// The number of callers of an instance that has just started.
    pub(crate) first_requests: usize,
    /// The handler's worker threads, where one for each core is not wanted: each thread takes memory.
    pub(crate) threads: Option<usize>,
}

impl Plan {
    pub(crate) const FULL: Self = Self {
        rounds: 7,
        connections: &[1, 16, 64],
        requests: 10_000,
        large_upload: 1 << 30,
        first_requests: 10_000,
        threads: None,
    };
    /// The short run. Its memory is compared with a record, on any machine.
    pub(crate) const QUICK: Self = Self {
        rounds: 3,
        connections: &[1, 16],
        requests: 2_000,
        large_upload: 64 << 20,
        first_requests: 200,
        threads: Some(2),
    };

    fn requests(&self, job: Job) -> usize {
        match job {
            Job::Health => self.requests,
            Job::Relay | Job::SnapshotNow | Job::Upload => self.requests / 10,
        }
    }
}

/// The plan, the environment and the folder of a run.
pub(crate) struct Arena<'a> {
    pub(crate) plan: &'a Plan,
    /// The variables with which a process finds local-azure, and the app's settings.
    pub(crate) environment: &'a BTreeMap<String, String>,
    pub(crate) folder: &'a Path,
}

impl Arena<'_> {
    /// Runs every round. Returns the samples, and the contenders that failed with the reason. A contender that fails
    /// takes no further turn.
    pub(crate) async fn measure(&self, contenders: &[Contender]) -> (Samples, BTreeMap<&'static str, String>) {
        let mut samples = Samples::default();
        let mut failed = BTreeMap::new();
        for round in 0..=self.plan.rounds {
            for contender in contenders {
                let name = contender.name;
                if failed.contains_key(name) {
                    continue;
                }
                match self.whole_turn(contender, round).await {
                    // The first round warms local-azure and the files that are read. Its samples are dropped.
                    Ok(_) if round == 0 => {}
                    Ok(turn) => samples.extend(turn),
                    Err(reason) => drop(failed.insert(name, reason)),
                }
            }
        }
        for contender in contenders {
            if let Some(bytes) = contender.package {
                samples.add(Measure::PackageSize, contender.name, bytes as f64 / 1e6);
            }
        }
        (samples, failed)
    }

    /// Returns the samples of a complete turn, or the reason why no attempt was complete.
    async fn whole_turn(&self, contender: &Contender, round: usize) -> Result<Samples, String> {
        let (name, rounds) = (contender.name, self.plan.rounds);
        let mut reason = String::new();
        for _ in 0..TRIES {
            eprintln!("round {round} of {rounds}: {name}");
            let mut samples = Samples::default();
            match self.turn(contender, round, &mut samples).await {
                Ok(()) => return Ok(samples),
                Err(error) => reason = format!("{name} failed in round {round} of {rounds}: {error}"),
            }
            eprintln!("{reason}");
        }
        Err(reason)
    }

    async fn turn(&self, contender: &Contender, round: usize, samples: &mut Samples) -> Result<(), Box<dyn Error>> {
        let name = contender.name;
        let (first, idle) = self.idle(contender).await?;
        samples.add(Measure::FirstAnswer, name, millis(first));
        samples.add(Measure::IdleMemory, name, idle);
        // The second process does its first job as soon as it can, and then the load. Only this job writes the blob of
        // this source.
        let first_source = source(name, &format!("-first{}", number()));
        let mut process = self.start(contender, Some(&sources(name, &first_source)))?;
        let (_, mut connection) = process.first_answer().await?;
        if contender.jobs.contains(&Job::SnapshotNow) {
            let status = connection.ask(&snapshot_now(&first_source)).await?;
            samples.add(Measure::FirstJob, name, millis(process.age()));
            created(status)?;
        }
        for &job in contender.jobs {
            self.load(job, &process, name, round == 0, samples).await?;
        }
        samples.add(Measure::LoadedMemory, name, megabytes(process.resident()?));
        let last = round == self.plan.rounds;
        if last && contender.jobs.contains(&Job::Upload) {
            process.forget_peak()?;
            let head = http::head("PUT", &upload_path(), self.plan.large_upload);
            let began = process.age();
            created(connection.send(&head, self.plan.large_upload).await?)?;
            samples.add(Measure::LargeUpload, name, millis(process.age() - began));
            samples.add(Measure::LargeUploadPeak, name, megabytes(process.peak()?));
        }
        Ok(())
    }

    /// Returns the time until the first answer, and the memory in MB.
    async fn idle(&self, contender: &Contender) -> io::Result<(Duration, f64)> {
        let mut process = self.start(contender, None)?;
        let (first, _connection) = process.first_answer().await?;
        tokio::time::sleep(IDLE).await;
        Ok((first, megabytes(process.resident()?)))
    }

    async fn load(
        &self,
        job: Job,
        process: &Process,
        name: &'static str,
        warms: bool,
        samples: &mut Samples,
    ) -> Result<(), Box<dyn Error>> {
        let (mut cpu, mut sent) = (Duration::ZERO, 0);
        for &connections in self.plan.connections {
            // This opens the connections to the services.
            self.send(job, process, name, connections, connections * 2).await?;
            if warms {
                continue;
            }
            let before = process.cpu()?;
            let measured = self.send(job, process, name, connections, self.plan.requests(job)).await?;
            cpu += process.cpu()? - before;
            sent += measured.times.len();
            samples.add(Measure::Throughput(job, connections), name, measured.per_second());
            for (measure, permille) in [
                (Measure::Median(job, connections), 500),
                (Measure::P99(job, connections), 990),
                (Measure::P999(job, connections), 999),
            ] {
                samples.add(measure, name, measured.permille(permille).as_secs_f64() * 1e6);
            }
        }
        if sent > 0 {
            samples.add(Measure::Cpu(job), name, millis(cpu) * 1000.0 / sent as f64);
        }
        Ok(())
    }

    async fn send(
        &self,
        job: Job,
        process: &Process,
        name: &'static str,
        connections: usize,
        requests: usize,
    ) -> Result<Measured, Box<dyn Error>> {
        let measured = load::run(process.port, connections, requests, move || request(job, name)).await?;
        if measured.failed > 0 {
            return Err(format!("{} of {requests} {} failed", measured.failed, job.name()).into());
        }
        Ok(measured)
    }

    fn start(&self, contender: &Contender, sources: Option<&str>) -> io::Result<Process> {
        let mut environment = self.environment.clone();
        environment.retain(|name, _| !contender.without.contains(&name.as_str()));
        if let Some(sources) = sources {
            environment.insert("SNAPSHOT_SOURCES".to_owned(), sources.to_owned());
        }
        if let Some(threads) = self.plan.threads {
            environment.insert("TOKIO_WORKER_THREADS".to_owned(), threads.to_string());
        }
        environment.extend(contender.settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        Process::start(&Start {
            program: &contender.program,
            arguments: &contender.arguments,
            environment: &environment,
            log: &self.folder.join(format!("{}.log", contender.name.replace([' ', ','], "-"))),
        })
    }
}

fn request(job: Job, contender: &str) -> Vec<u8> {
    match job {
        Job::Health => http::request("GET", "/api/health", ""),
        Job::Relay => http::request("GET", "/api/relay/orders", ""),
        Job::SnapshotNow => snapshot_now(&source(contender, &(number() % SOURCES).to_string())),
        Job::Upload => http::request("PUT", &upload_path(), &"x".repeat(SMALL_UPLOAD)),
    }
}

fn snapshot_now(source: &str) -> Vec<u8> {
    http::request("POST", &format!("/api/snapshots/{source}"), "")
}

fn upload_path() -> String {
    format!("/api/uploads/bench/{}", number())
}

fn number() -> usize {
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

/// Returns the name of a source. It contains the contender's name, so each contender writes its own blobs.
fn source(contender: &str, name: &str) -> String {
    format!("{}{name}", contender.to_ascii_lowercase().replace([' ', ','], "-"))
}

/// Returns the sources of the load and the source of the first job, as `SNAPSHOT_SOURCES` lists them.
fn sources(contender: &str, first: &str) -> String {
    let load = (0..SOURCES).map(|number| source(contender, &number.to_string()));
    let all: Vec<_> = load.chain([first.to_owned()]).map(|source| format!("{source}=/orders")).collect();
    all.join(",")
}

fn created(status: u16) -> io::Result<()> {
    if status == 201 { Ok(()) } else { Err(io::Error::other(format!("201 was expected, and not {status}"))) }
}

pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Converts KiB to MB.
fn megabytes(kib: u64) -> f64 {
    kib as f64 * 1024.0 / 1e6
}
