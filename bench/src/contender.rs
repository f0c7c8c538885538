//! The measured programs: the handler, the same jobs in Node and Python, and axum alone.

use std::{
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::measure::Job;

/// The handler of this repository.
pub(crate) const OURS: &str = "handler";
/// axum with one route.
pub(crate) const FLOOR: &str = "axum";

/// The handler of this repository without its log line.
pub(crate) const QUIET: &str = "handler, no log line";
/// The handler of this repository. It sends traces, logs and metrics to a collector.
pub(crate) const TELEMETRY: &str = "handler, telemetry";
pub(crate) const NODE: &str = "Node";
pub(crate) const PYTHON: &str = "Python";

/// The setting that names a telemetry collector.
const COLLECTOR: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// One measured program.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    /// The program's exact version.
    pub(crate) version: String,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<PathBuf>,
    pub(crate) settings: Vec<(&'static str, String)>,
    /// Variables of local-azure that the program does not need.
    pub(crate) without: &'static [&'static str],
    /// The jobs that the program can do.
    pub(crate) jobs: &'static [Job],
    /// The size of the deployed package, in bytes.
    pub(crate) package: Option<u64>,
}

/// The contenders that could be built, and the reasons why others are left out.
pub(crate) struct Contenders {
    pub(crate) all: Vec<Contender>,
    pub(crate) left_out: Vec<String>,
}

impl Contenders {
    /// Prepares all contenders. `handler` is the binary to measure. Its zip is beside its folder where
    /// `cargo local package` made both. Its telemetry goes to `collector`.
    pub(crate) fn prepare(handler: &Path, folder: &Path, collector: &str) -> Result<Self, Box<dyn Error>> {
        let zip = fs::metadata(root().join("target/app.zip")).ok().map(|zip| zip.len());
        let packaged = handler.starts_with(root().join("target/app"));
        let ours = |name, settings, jobs| Contender {
            name,
            version: format!("{} of this commit", env!("CARGO_PKG_VERSION")),
            program: handler.to_owned(),
            arguments: Vec::new(),
            settings,
            // The run's authority is in EXTRA_CA_CERTS. The handler reads the system's authorities as it does in Azure.
            without: &["SSL_CERT_FILE"],
            jobs,
            package: zip.filter(|_| packaged),
        };
        let quiet = vec![("RUST_LOG", "off".to_owned())];
        let mut all = vec![ours(OURS, Vec::new(), &Job::ALL[..]), ours(QUIET, quiet, &[Job::Health])];
        let mut left_out = Vec::new();
        if knows(handler, COLLECTOR)? {
            let telemetry = vec![(COLLECTOR, collector.to_owned())];
            all.push(ours(TELEMETRY, telemetry, &[Job::Health, Job::SnapshotNow]));
        } else {
            left_out.push(format!("{TELEMETRY} is left out: this handler sends none"));
        }
        for (name, made) in [(FLOOR, floor()), (NODE, node(folder)), (PYTHON, python(folder))] {
            match made {
                Ok(contender) => all.push(contender),
                Err(error) => left_out.push(format!("{name} is left out: {error}")),
            }
        }
        Ok(Self { all, left_out })
    }
}

/// Reports whether a program contains the name of a setting.
fn knows(program: &Path, setting: &str) -> io::Result<bool> {
    Ok(fs::read(program)?.windows(setting.len()).any(|bytes| bytes == setting.as_bytes()))
}

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
    bench.parent().unwrap_or(bench)
}

/// Builds axum alone as the packaged handler is built: with the release profile, linked statically.
fn floor() -> io::Result<Contender> {
    const TARGET: &str = "x86_64-unknown-linux-gnu";
    let arguments = ["build", "--release", "--package", "bench-floor", "--locked", "--target", TARGET];
    run(Command::new("cargo")
        .args(arguments)
        .env("CARGO_ENCODED_RUSTFLAGS", "-Ctarget-feature=+crt-static")
        .current_dir(root()))?;
    Ok(Contender {
        name: FLOOR,
        version: "0.8, one route".to_owned(),
        program: root().join("target").join(TARGET).join("release/bench-floor"),
        arguments: Vec::new(),
        settings: Vec::new(),
        without: &[],
        jobs: &[Job::Health],
        package: None,
    })
}

fn node(folder: &Path) -> io::Result<Contender> {
    let (source, installed) = (root().join("bench/peers/node"), folder.join("peers/node"));
    fs::create_dir_all(&installed)?;
    let version = said(Command::new("node").arg("--version"))?;
    for file in ["handler.js", "package.json", "package-lock.json"] {
        fs::copy(source.join(file), installed.join(file))?;
    }
    run(Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&installed))?;
    Ok(Contender {
        name: NODE,
        version,
        program: PathBuf::from(said(Command::new("node").args(["-p", "process.execPath"]))?),
        arguments: vec![installed.join("handler.js")],
        settings: Vec::new(),
        without: &[],
        jobs: &Job::ALL[..],
        package: Some(size_of(&installed)?),
    })
}

fn python(folder: &Path) -> io::Result<Contender> {
    let (source, installed) = (root().join("bench/peers/python"), folder.join("peers/python"));
    let program = installed.join("bin/python");
    if !program.is_file() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&installed))?;
    }
    run(Command::new(&program)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"])
        .arg(source.join("requirements.txt")))?;
    let version = said(Command::new(&program).arg("--version"))?;
    let libraries = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let libraries = PathBuf::from(said(Command::new(&program).args(["-c", libraries]))?);
    Ok(Contender {
        name: PYTHON,
        version: version.trim_start_matches("Python ").to_owned(),
        program,
        arguments: vec![source.join("handler.py")],
        settings: Vec::new(),
        without: &[],
        jobs: &Job::ALL[..],
        package: Some(size_of(&libraries)?),
    })
}

/// Runs a command to its end and passes its stderr on. Fails unless the command succeeds.
pub(crate) fn run(command: &mut Command) -> io::Result<()> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    let program = command.get_program().to_string_lossy().into_owned();
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("{program} ended with {status}"))) }
}

/// Returns the one line that a command prints.
pub(crate) fn said(command: &mut Command) -> io::Result<String> {
    let output = command.stdin(Stdio::null()).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Returns the bytes of all files below a folder. Links are not followed.
fn size_of(folder: &Path) -> io::Result<u64> {
    fs::read_dir(folder)?.try_fold(0, |sum, entry| {
        let entry = entry?;
        let kind = entry.file_type()?;
        Ok(sum + if kind.is_dir() { size_of(&entry.path())? } else { entry.metadata()?.len() })
    })
}
