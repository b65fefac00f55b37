//! The figures that the README quotes: `cargo bench --bench figures`, or with `-- --quick` a short run.
//!
//! The built server runs as a child process; phones are played here, over real UDP sockets of the loopback. Client and
//! server share the machine, so rates are what both together reach. The server's CPU time and memory are its own, as
//! the kernel accounts them.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark reads the clock, and prints what it saw"
)]

mod phones;
mod server;

use std::time::Duration;

use phones::{Done, Phones, Task};
use server::{Server, Usage};

/// So many registrations are under way at once: what an ordinary socket buffer holds without loss.
const AT_ONCE: usize = 48;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let scale = if quick { 10 } else { 1 };
    let (phones, users) = (50_000 / scale, 1_000 / scale);
    println!("Phones played over UDP on the loopback, against the server as a process of its own.");
    println!(
        "Rates are of client and server together on this machine; CPU and memory are the server's alone.\n"
    );

    let server = Server::start();
    let empty = server.usage();
    server.apply(phones, users);
    let loaded = server.usage();
    let mut all = Phones::new(phones, server.sip());

    let (usage, done) = measure(&server, || {
        all.run(AT_ONCE, (0..phones).map(Task::Register))
    });
    report("REGISTER, 401, REGISTER, 200", &usage, &done);
    let registered = server.usage();
    let refreshes = (0..2).flat_map(|_| 0..phones).map(Task::Register);
    let (usage, done) = measure(&server, || all.run(AT_ONCE, refreshes));
    report("REGISTER refresh, nonce reused", &usage, &done);

    let login = |n: usize| Task::Login {
        phone: n % phones,
        user: n % users,
    };
    let one_by_one = 200 / scale;
    let (usage, done) = measure(&server, || all.run(1, (0..one_by_one).map(login)));
    report("login, one at a time", &usage, &done);
    let logins = one_by_one..one_by_one + 2_000 / scale;
    let (usage, done) = measure(&server, || all.run(50, logins.map(login)));
    report("login, 50 at a time", &usage, &done);

    let half = phones / 2;
    let calls = (0..3_000 / scale).map(|n| Task::Call {
        phone: half + n % (half / 2),
        callee: half + half / 2 + n % (half / 2),
    });
    let (usage, done) = measure(&server, || all.run(20, calls));
    report("call, INVITE to BYE", &usage, &done);

    let per_phone = |from: &Usage, to: &Usage| to.resident.saturating_sub(from.resident) / phones;
    println!("\nmemory, resident, {phones} phones:");
    println!("  {:>6} kB  empty server", empty.resident / 1024);
    println!(
        "  {:>6} B   a phone of the site",
        per_phone(&empty, &loaded)
    );
    println!(
        "  {:>6} B   a phone registered, besides",
        per_phone(&loaded, &registered)
    );
    println!("  {:>6} B   in all", per_phone(&empty, &registered));
}

/// What the server used while `work` was done.
fn measure(server: &Server, work: impl FnOnce() -> Done) -> (Usage, Done) {
    let before = server.usage();
    let done = work();
    let after = server.usage();
    let used = Usage {
        cpu: after.cpu - before.cpu,
        resident: after.resident,
    };
    (used, done)
}

fn report(what: &str, usage: &Usage, done: &Done) {
    let count = done.latencies.len();
    let each = usage.cpu.as_secs_f64() * 1e6 / count.max(1) as f64;
    let at = |share: f64| {
        let index = (count as f64 * share) as usize;
        let latency = done.latencies.get(index.min(count.saturating_sub(1)));
        latency.copied().unwrap_or(Duration::ZERO).as_secs_f64() * 1e3
    };
    println!(
        "{what:<32} {count:>7} done, {:>7.0}/s, server CPU {each:>7.1} µs each, latency p50 {:.2} ms, p99 {:.2} ms",
        count as f64 / done.took.as_secs_f64(),
        at(0.50),
        at(0.99),
    );
    if done.failed > 0 || done.resent > 0 {
        println!(
            "    {} failed, {} messages sent again",
            done.failed, done.resent
        );
    }
}
