//! No command prints a secret. Each command runs beside a world whose secrets, keys and tokens are known, and both of
//! its output streams are searched for them.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{
    commands::{self, CommandShape, Value},
    tree::Tree,
};

/// The secrets in the seed: a secret of the vault, a client's secret, and a named value.
const GIVEN: [&str; 3] = ["canary-of-the-vault-7f3a91", "canary-of-the-client-7f3a92", "canary-of-a-policy-7f3a93"];
/// The beginnings of tokens, and a part of keys in PEM.
const SHAPES: [&str; 4] = ["eyJ0eXAi", "eyJhbGci", "eyJhdWQi", "PRIVATE KEY-----"];
/// The first messages of an assistant, and its request for all tools.
const ASSISTANT: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{}}
"#;

fn command(tree: &Tree, arguments: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-azure"));
    command.args(arguments).current_dir(tree.path("project")).env_clear();
    command.env("PATH", tree.path("tools/bin")).env("TMPDIR", tree.path("tools/tmp"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn has_started(line: &str) -> bool {
    line.contains("answer through a proxy") || line.contains("variables for other processes")
}

fn stop(process: &Child) {
    // The process may have ended by itself meanwhile.
    let _ = kill(Pid::from_raw(process.id().try_into().unwrap()), Signal::SIGTERM);
}

/// Runs a command to its end, and returns both output streams. A command that keeps running is asked to stop.
fn run(tree: &Tree, arguments: &[String]) -> String {
    let mut process = command(tree, arguments).spawn().unwrap();
    // A command that does not read its input closes it.
    let _ = process.stdin.take().unwrap().write_all(ASSISTANT.as_bytes());
    let mut stderr = process.stderr.take().unwrap();
    let errors = std::thread::spawn(move || {
        let mut errors = Vec::new();
        stderr.read_to_end(&mut errors).unwrap();
        String::from_utf8_lossy(&errors).into_owned()
    });
    let mut written = String::new();
    for line in BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok) {
        if has_started(&line) {
            stop(&process);
        }
        written += &line;
        written.push('\n');
    }
    process.wait().unwrap();
    written + &errors.join().unwrap()
}

/// The run that the commands ask. It has a fault, so that the commands have something to report.
struct World {
    process: Child,
    _printed: BufReader<ChildStdout>,
}

impl World {
    /// Starts the run. Also returns its output until then.
    fn start(tree: &Tree, env_file: &Path) -> (Self, String) {
        let arguments = ["start", "--no-host", "--seed", "seed.toml", "--env-file"].map(str::to_owned);
        let arguments = [&arguments[..], &[env_file.display().to_string()]].concat();
        let mut process = command(tree, &arguments).stderr(Stdio::inherit()).spawn().unwrap();
        let mut printed = BufReader::new(process.stdout.take().unwrap());
        let mut said = String::new();
        while !has_started(said.lines().last().unwrap_or_default()) {
            assert!(printed.read_line(&mut said).unwrap() > 0, "it does not start: {said}");
        }
        (Self { process, _printed: printed }, said)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        stop(&self.process);
        let _ = self.process.wait();
    }
}

/// Adds the canaries to the seed.
fn plant(tree: &Tree) {
    let seed = std::fs::read_to_string(tree.path("project/seed.toml")).unwrap();
    let plant = |seed: String, before: &str, line: &str| {
        assert!(seed.contains(before), "the seed has no {before:?}");
        seed.replacen(before, &format!("{line}\n{before}"), 1)
    };
    let secret = format!("    {{ name = \"canary\", value = \"{}\" }},", GIVEN[0]);
    let seed = plant(seed, "    { name = \"orders-subscription-key\"", &secret);
    let client =
        format!("secrets = [{{ name = \"ci\", value = \"{}\", expires = \"2099-01-01T00:00:00Z\" }}]", GIVEN[1]);
    let seed = plant(seed, "app_id_uri = \"api://orders\"", &client);
    let seed = plant(seed, "[apim.named_values]", "secret_named_values = [\"canary\"]\n");
    let seed = plant(seed, "tenant-id = ", &format!("canary = \"{}\"", GIVEN[2]));
    tree.write("project/seed.toml", seed);
}

/// Lists the calls of a command: one with the arguments that it needs here, and one more for each flag.
fn calls(shape: &CommandShape, env_file: &Path) -> Vec<Vec<String>> {
    let path = || env_file.display().to_string();
    let value = |value: &Value| match value {
        Value::Path => path(),
        Value::Text(texts) => texts[0].clone(),
    };
    let mut least = shape.words.clone();
    for (name, taken) in &shape.options {
        match name.as_str() {
            "--seed" => least.extend([name.clone(), "seed.toml".to_owned()]),
            "--port" => least.extend([name.clone(), "0".to_owned()]),
            // The run's own file, which no second run may use.
            "--env-file" if shape.words == ["start"] => least.extend([name.clone(), "second.env".to_owned()]),
            "--env-file" => least.extend([name.clone(), path()]),
            "--identity" | "--resource" => least.extend([name.clone(), value(taken.as_ref().unwrap())]),
            _ => {}
        }
    }
    let positional: Vec<String> =
        shape.positional.iter().filter(|(_, required)| *required).map(|(taken, _)| value(taken)).collect();
    let call =
        |flag: Option<&String>| [&least[..], &flag.cloned().into_iter().collect::<Vec<_>>(), &positional].concat();
    let flags = shape.options.iter().filter(|(_, taken)| taken.is_none()).map(|(name, _)| name);
    std::iter::once(call(None)).chain(flags.map(|flag| call(Some(flag)))).collect()
}

#[test]
fn no_command_prints_a_secret_a_key_or_a_token() {
    let tree = Tree::new();
    plant(&tree);
    let env_file = tree.path("project/run.env");
    let (_world, said) = World::start(&tree, &env_file);
    let variables = std::fs::read_to_string(&env_file).unwrap();
    let header = variables.lines().find_map(|line| line.strip_prefix("IDENTITY_HEADER=")).unwrap().trim_matches('\'');
    assert!(header.len() >= 32, "{header}");
    let secrets: Vec<&str> = GIVEN.into_iter().chain(SHAPES).chain([header]).collect();
    let found = |text: &str| secrets.iter().find(|secret| text.contains(**secret)).copied();
    assert_eq!(found(&variables), Some(header), "the search finds what is there");
    assert_eq!(found(&said), None, "start says it");
    let mut printed = 0;
    for shape in commands::all() {
        for arguments in calls(&shape, &env_file) {
            let written = run(&tree, &arguments);
            assert_eq!(found(&written), None, "{arguments:?} printed it: {written}");
            printed += written.len();
        }
    }
    assert!(printed > 10_000, "they printed {printed} bytes only");
}
