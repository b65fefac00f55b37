//! What processes have used, as the kernel accounts it.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use crate::Failure;

/// What a process and its children have used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// By ticks of 10 ms, threads that have ended included.
    ticks: Duration,
    /// To the nanosecond, of the threads that there are.
    exact: Duration,
    /// Resident memory in bytes; what processes share counts once.
    pub resident: u64,
}

/// How far both accounts may differ before threads must have ended.
const SLACK: Duration = Duration::from_millis(50);

impl Usage {
    /// Of the process and all of its children.
    pub fn of(pid: u32) -> Result<Usage, Failure> {
        let mut usage = Usage::default();
        let family = family(pid)?;
        for pid in &family {
            let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
                continue;
            };
            usage.ticks += ticks(&stat);
            usage.exact += exact(*pid);
            usage.resident += memory(*pid, family.len() > 1);
        }
        match usage.resident {
            0 => Err(format!("there is no process {pid}, or it is not ours to look at").into()),
            _ => Ok(usage),
        }
    }

    /// The CPU time used since.
    pub fn cpu_since(&self, earlier: &Usage) -> Duration {
        let ticks = self.ticks.saturating_sub(earlier.ticks);
        let exact = self.exact.saturating_sub(earlier.exact);
        let is_same = ticks.abs_diff(exact) < SLACK + ticks / 20;
        if is_same { exact } else { ticks }
    }

    /// The memory taken since; less than nothing if some was given back.
    pub fn grown_since(&self, earlier: &Usage) -> i64 {
        let bytes = |usage: &Usage| i64::try_from(usage.resident).unwrap_or(i64::MAX);
        bytes(self) - bytes(earlier)
    }
}

/// The process, its children, theirs.
fn family(pid: u32) -> Result<Vec<u32>, Failure> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else {
            continue;
        };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent = fields(&stat).nth(1).and_then(|parent| parent.parse().ok());
        children.entry(parent.unwrap_or(0)).or_default().push(pid);
    }
    let mut family = vec![pid];
    let mut at = 0;
    while let Some(pid) = family.get(at) {
        family.extend(children.remove(pid).unwrap_or_default());
        at += 1;
    }
    Ok(family)
}

/// The fields after the name in parentheses: the state is the first.
fn fields(stat: &str) -> impl Iterator<Item = &str> {
    let rest = stat.rsplit(')').next().unwrap_or_default();
    rest.split_whitespace()
}

/// User and system time.
fn ticks(stat: &str) -> Duration {
    let ticks = fields(stat).skip(11).take(2);
    let ticks: u64 = ticks.filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}

fn exact(pid: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"));
    let nanos = |path: std::path::PathBuf| {
        let text = fs::read_to_string(path.join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    };
    let tasks = tasks.into_iter().flatten().flatten();
    Duration::from_nanos(tasks.filter_map(|task| nanos(task.path())).sum())
}

fn memory(pid: u32, is_shared: bool) -> u64 {
    let (file, name) = match is_shared {
        true => ("smaps_rollup", "Pss:"),
        false => ("status", "VmRSS:"),
    };
    let text = fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
