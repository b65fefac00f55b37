//! What Perch does, in an administrator's words. Each scenario names the rules that it proves.

#[allow(
    dead_code,
    reason = "every crate of tests uses its own part of the support"
)]
mod support;

mod scenarios {
    mod after_hours;
    mod agents;
    mod calls;
    mod clock_times;
    mod dialogue;
    mod disturb;
    mod explained;
    mod forward;
    mod forward_set;
    mod handsets;
    mod hunt_rounds;
    mod hunting;
    mod idle;
    mod idle_page;
    mod job_runs;
    mod job_turns;
    mod jobs;
    mod joining;
    mod keys;
    mod ladders;
    mod lines;
    mod locks;
    mod logout;
    mod neighbours;
    mod park;
    mod pickup;
    mod policy;
    mod readiness;
    mod rights;
    mod schedule;
    mod sessions;
    mod shared_lines;
    mod softphones;
    mod stored;
    mod told;
    mod transfer;
    mod trunks;
    mod upkeep;
    mod upstream;
    mod voicemail;
    mod waiting_logouts;
    mod watching;
}
