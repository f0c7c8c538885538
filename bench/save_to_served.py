"""Time from saving a file to the first answer with the change, under `local-azure start`.

python3 bench/save_to_served.py [ROUNDS]     after `cargo build --bin local-azure`

Two handlers: the one in Python that `init --handler other` writes, and the sample, of which one line of
src/functions/health.rs is changed in a copy of the last commit.
"""
import os, pathlib, re, statistics, subprocess, sys, tempfile, time, urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "target/debug/local-azure"
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 10
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(url):
    try:
        return OPENER.open(url, timeout=5).read().decode()
    except OSError:
        return ""


def measure(name, folder, file, text, url_path, environment):
    """`text` is what the answer holds; it is changed to a numbered one in each round."""
    log = tempfile.TemporaryFile("w+")
    env = {k: v for k, v in os.environ.items() if k not in ("LOCAL_AZURE_SEED", "CARGO_PKG_NAME")} | environment
    host = subprocess.Popen([PROGRAM, "start", "--port", "0"], cwd=folder, env=env, stdout=log, stderr=log)
    original, times = file.read_text(), []
    try:
        port = None
        while not port:
            assert host.poll() is None, "the host has ended"
            time.sleep(0.1)
            log.seek(0)
            port = re.search(r"http://localhost:(\d+)", log.read())
        url = f"http://127.0.0.1:{port[1]}/api/{url_path}"
        while text not in get(url):
            time.sleep(0.05)
        for number in range(ROUNDS):
            changed = f"{text[:-1]}{number}{text[-1]}"
            begun = time.monotonic()
            file.write_text(original.replace(text, changed))
            while changed not in get(url):
                time.sleep(0.005)
            times.append((time.monotonic() - begun) * 1000)
            # The handler before it has to end first: nobody saves within milliseconds of seeing a change.
            time.sleep(1)
    finally:
        host.terminate()
        host.wait()
    times.sort()
    print(f"| {name} | {statistics.median(times):.0f} | {times[0]:.0f} | {times[-1]:.0f} |", flush=True)


print(f"{ROUNDS} saves each, milliseconds\n\n| handler | median | least | most |\n|---|---|---|---|")
with tempfile.TemporaryDirectory() as folder:
    subprocess.run([PROGRAM, "init", folder, "--handler", "other"], check=True, stdout=subprocess.DEVNULL)
    handler = pathlib.Path(folder, "handler.py")
    measure("Python", folder, handler, "Hello,", "hello/you", {})
with tempfile.TemporaryDirectory() as folder:
    subprocess.run(f"git -C '{ROOT}' archive HEAD | tar -x -C '{folder}'", shell=True, check=True)
    health = pathlib.Path(folder, "src/functions/health.rs")
    environment = {"CARGO_TARGET_DIR": str(ROOT / "target"), "LOCAL_AZURE_SEED": "local-azure/seed.toml"}
    measure("the sample (Rust, built by cargo)", folder, health, '"ok"', "health", environment)
