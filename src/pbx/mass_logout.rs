//! Many logouts at once: their pace, how far they are, and stopping them (TOD-3).

use std::collections::BTreeSet;
use std::ops::Bound;
use std::time::Duration;

use super::change::{Cause, Door, SessionId, What};
use super::event::Ticket;
use super::idle::Verdict;
use super::job::{JobEnd, JobOutcome, JobRun};
use super::leaving::LeaveBy;
use super::login::Asker;
use super::names::JobName;
use super::phone::InUse;
use super::query::{JobProgress, JobStatus};
use super::schedule::{Planned, Schedule};
use super::{JobWish, Pbx, Refusal, Timer};
use crate::time::{Now, Utc};

/// Automatic logouts are let through in steps of this length.
const PACE_STEP: Duration = Duration::from_millis(100);

/// A run of a job that is not over. Whoever is in neither set is done with.
#[derive(Debug)]
pub(super) struct MassLogout {
    /// As it is stored.
    pub run: JobRun,
    /// Those whose turn has not come, oldest first.
    queue: BTreeSet<SessionId>,
    /// Those whose turn has come, and who are logged out when their phones are idle.
    waiting: BTreeSet<SessionId>,
}

impl MassLogout {
    fn left(&self) -> usize {
        self.queue.len() + self.waiting.len()
    }

    fn is_over(&self) -> bool {
        self.left() == 0
    }

    /// Somebody is logged in no more.
    fn gone(&mut self, id: SessionId, by_clock: bool) -> bool {
        let waited = self.waiting.remove(&id);
        if !waited && !self.queue.remove(&id) {
            return false;
        }
        if by_clock && !self.run.paused && !self.run.dry_run {
            self.run.done += 1;
            self.run.after_calls += u32::from(waited);
        }
        true
    }

    /// How far it is.
    pub fn progress(&self, name: &JobName) -> JobProgress {
        JobProgress {
            name: name.clone(),
            run: self.run,
            left: self.queue.len(),
            waiting: self.waiting.len(),
        }
    }

    /// The figures in words, when it is over.
    fn sum(&self) -> String {
        let JobRun {
            total,
            done,
            after_calls,
            dry_run,
            ..
        } = self.run;
        if dry_run {
            return format!("{done} of {total} would have been logged out");
        }
        let left = count(self.left());
        let gone = total.saturating_sub(done).saturating_sub(left);
        let mut words = format!("{done} of {total} logged out, {after_calls} of them after calls");
        if gone > 0 {
            words += &format!(", {gone} had left by themselves");
        }
        if left > 0 {
            words += &format!(", {left} stay");
        }
        words
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Whether a logout is over when its turn has come, whatever its phone has been used for since.
fn is_order(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::Schedule | Cause::Admin | Cause::Api | Cause::Firmware
    )
}

/// Whose turn it is.
enum Turn {
    /// Somebody's who was idle for too long, or is to go for another reason.
    Queued(SessionId),
    /// Somebody's whom a job means.
    OfJob(JobName, SessionId),
}

impl Schedule {
    /// How many automatic logouts wait for their turn.
    pub fn queued(&self) -> usize {
        let jobs = self.jobs.values();
        let running = jobs.filter_map(|planned| planned.running.as_ref());
        let of_jobs: usize = running.map(|running| running.queue.len()).sum();
        self.queue.len() + of_jobs
    }

    /// The runs that are not over.
    pub fn running(&self) -> impl Iterator<Item = JobProgress> {
        let jobs = self.jobs.iter();
        jobs.filter_map(|(name, planned)| Some(planned.running.as_ref()?.progress(name)))
    }

    /// The runs that are to log somebody out whose turn has not come.
    pub fn runs_for(&self, id: SessionId) -> impl Iterator<Item = (&JobName, JobRun)> {
        let jobs = self.jobs.iter();
        jobs.filter_map(move |(name, planned)| {
            let running = planned.running.as_ref()?;
            let is_to_go = !running.run.dry_run && running.queue.contains(&id);
            is_to_go.then_some((name, running.run))
        })
    }

    /// Somebody is logged in no more.
    pub fn session_gone(&mut self, id: SessionId, cause: Cause) {
        for (name, planned) in &mut self.jobs {
            let running = planned.running.as_mut();
            if running.is_some_and(|running| running.gone(id, cause == Cause::Schedule)) {
                self.unsaved.insert(name.clone());
            }
        }
    }

    /// The next in line: jobs and the queue take turns, so that neither waits for the other.
    fn next_turn(&mut self) -> Option<Turn> {
        let queues_turn = !std::mem::replace(&mut self.queue_went_last, true);
        if queues_turn && let Some(id) = self.queue.pop_front() {
            return Some(Turn::Queued(id));
        }
        let Some((name, id)) = self.next_of_jobs() else {
            return self.queue.pop_front().map(Turn::Queued);
        };
        self.queue_went_last = false;
        self.last_job = Some(name.clone());
        Some(Turn::OfJob(name, id))
    }

    /// Jobs that run at the same time take turns, too.
    fn next_of_jobs(&self) -> Option<(JobName, SessionId)> {
        let whose = |(name, planned): (&JobName, &Planned)| {
            let running = planned.running.as_ref()?;
            let running = Some(running).filter(|running| !running.run.paused)?;
            Some((name.clone(), *running.queue.first()?))
        };
        let last = self.last_job.as_ref();
        let after = (
            last.map_or(Bound::Unbounded, Bound::Excluded),
            Bound::Unbounded,
        );
        let mut others = self.jobs.range::<JobName, _>(after);
        let next = others.find_map(whose);
        next.or_else(|| self.jobs.iter().find_map(whose))
    }

    fn running_mut(&mut self, name: &JobName) -> Option<&mut MassLogout> {
        self.jobs.get_mut(name)?.running.as_mut()
    }
}

impl Pbx {
    /// A run of a job begins. If one goes on already, those who have come since join it.
    pub(super) fn begin_mass_logout(&mut self, now: Now, name: &JobName, mut run: JobRun) {
        let earlier = self.schedule.jobs.get_mut(name);
        let earlier = earlier.and_then(|planned| planned.running.take());
        let mut queue = self.meant_by(name, run.at);
        queue.retain(|id| run.dry_run || !self.is_queued(*id, Cause::Schedule));
        let (earlier, given_up) = match earlier {
            Some(it) if it.run.dry_run == run.dry_run => (Some(it), None),
            other => (None, other),
        };
        if let Some(rehearsal) = given_up {
            self.finish(now, name, rehearsal, JobOutcome::Cancelled);
        }
        let mut running = earlier.unwrap_or_else(|| MassLogout {
            run,
            queue: BTreeSet::new(),
            waiting: BTreeSet::new(),
        });
        let known = running.left();
        running.queue.extend(queue.iter().copied());
        (running.run.at, running.run.asked) = (run.at, run.asked);
        running.run.total += count(running.left() - known);
        run = running.run;
        let Some(planned) = self.schedule.jobs.get_mut(name) else {
            return;
        };
        planned.running = Some(running);
        let at = planned.recurrence.local(run.at);
        self.schedule.unsaved.insert(name.clone());
        let rate = self.site.settings.logouts_per_s;
        let text = match run.dry_run {
            true => format!("Dry run of job {name} of {at}: {} to look at", run.total),
            false => format!(
                "Job {name} of {at} begins: {} to log out, {rate} a second",
                run.total
            ),
        };
        let door = door(run);
        self.record(now, What::MassLogoutStarted, None, None, door, text);
        self.line_up(now, name);
        self.end_mass_logouts(now);
    }

    /// A run goes on after a restart. What it had done is stored with it; whoever is still there is still to go.
    pub(super) fn resume_mass_logout(&mut self, now: Now, name: &JobName, run: JobRun) {
        let Some(planned) = self.schedule.jobs.get(name) else {
            return;
        };
        let sessions = self.sessions.iter().filter(|(_, session)| {
            let leaving = session.stored.leaving.map(|(cause, ..)| cause);
            session.stored.opened < run.at
                && matches!(leaving, None | Some(Cause::Schedule))
                && self.holds_for(name, &session.stored)
                && self.is_meant(&planned.job, &session.stored)
        });
        let queue = sessions.map(|(id, _)| *id).collect();
        let running = MassLogout {
            run,
            queue,
            waiting: BTreeSet::new(),
        };
        if run.dry_run {
            // Whom it has named is not stored, and nobody is to be named twice.
            self.finish(now, name, running, JobOutcome::Cancelled);
        } else if let Some(planned) = self.schedule.jobs.get_mut(name) {
            let left = running.left();
            planned.running = Some(running);
            let (what, text) = match run.paused {
                true => (
                    What::MassLogoutPaused,
                    format!("Job {name} is paused after a restart, too: {left} wait"),
                ),
                false => (
                    What::MassLogoutResumed,
                    format!("Job {name} goes on after a restart: {left} to log out"),
                ),
            };
            self.record(now, what, None, None, Door::Timer, text);
            self.line_up(now, name);
        }
    }

    /// Those of a run get in line, unless it is paused.
    fn line_up(&mut self, now: Now, name: &JobName) {
        let running = self.schedule.running_mut(name);
        let Some(running) = running.filter(|running| !running.run.paused) else {
            return;
        };
        if !running.run.dry_run {
            for id in &running.queue {
                if let Some(session) = self.sessions.get_mut(id) {
                    session.queued = Some(Cause::Schedule);
                }
                self.deadlines.disarm(&Timer::Session(*id));
            }
        }
        self.deadlines.arm_no_later(Timer::Pace, now.uptime);
    }

    fn is_queued(&self, id: SessionId, cause: Cause) -> bool {
        let session = self.sessions.get(&id);
        session.is_some_and(|session| session.queued == Some(cause))
    }

    /// An automatic logout gets in line, so that a building never restarts at once.
    pub(super) fn queue_logout(&mut self, now: Now, id: SessionId, cause: Cause) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        match session.queued {
            None => self.schedule.queue.push_back(id),
            // An idle phone may be used again before its turn; these go all the same.
            Some(_) if is_order(cause) => {}
            Some(_) => return,
        }
        session.queued = Some(cause);
        self.deadlines.disarm(&Timer::Session(id));
        self.deadlines.arm_no_later(Timer::Pace, now.uptime);
    }

    /// Lets as many automatic logouts through as the pace allows.
    pub(super) fn pace_logouts(&mut self, now: Now) {
        let rate = self.site.settings.logouts_per_s.max(1);
        let step = PACE_STEP.max(Duration::from_secs(1) / rate);
        let per_step = (f64::from(rate) * step.as_secs_f64()).round().max(1.0) as u32;
        if now.uptime >= self.schedule.step.0 + step {
            self.schedule.step = (now.uptime, per_step);
        }
        while self.schedule.step.1 > 0 {
            let Some(turn) = self.schedule.next_turn() else {
                break;
            };
            let went = match turn {
                Turn::Queued(id) => self.log_out_in_turn(now, id),
                Turn::OfJob(name, id) => self.job_goes_on(now, &name, id),
            };
            self.schedule.step.1 -= u32::from(went);
        }
        self.end_mass_logouts(now);
        if !self.schedule.queue.is_empty() || self.schedule.next_of_jobs().is_some() {
            self.deadlines.arm(Timer::Pace, self.schedule.step.0 + step);
        }
    }

    /// The turn of somebody whom a job means.
    fn job_goes_on(&mut self, now: Now, name: &JobName, id: SessionId) -> bool {
        let is_dry_run = self
            .schedule
            .running_mut(name)
            .is_some_and(|running| running.run.dry_run);
        let went = match is_dry_run {
            true => self.would_log_out(now, name, id),
            false => self.log_out_in_turn(now, id),
        };
        let waits = self.sessions.get(&id);
        let waits = waits.is_some_and(|session| session.stored.leaving.is_some());
        // Whoever is logged out already is in no set any more.
        if let Some(running) = self.schedule.running_mut(name)
            && running.queue.remove(&id)
            && waits
            && !is_dry_run
        {
            running.waiting.insert(id);
        }
        self.schedule.unsaved.insert(name.clone());
        went
    }

    fn would_log_out(&mut self, now: Now, name: &JobName, id: SessionId) -> bool {
        let Some(session) = self.sessions.get(&id) else {
            return false;
        };
        let (user, phone) = (session.stored.user.clone(), session.stored.phone.clone());
        if let Some(running) = self.schedule.running_mut(name) {
            running.run.done += 1;
        }
        let when = match self.in_use(&phone) {
            InUse::Idle => "",
            _ => " when it is idle",
        };
        let text = format!("{user} would be logged out at {phone}{when} (dry run of job {name})");
        let what = What::WouldLogOut;
        self.record(now, what, Some(&user), Some(&phone), Door::Timer, text);
        true
    }

    /// Its turn has come. Whether it still is to go is decided now; a call is never cut (TOD-3).
    fn log_out_in_turn(&mut self, now: Now, id: SessionId) -> bool {
        let Some(session) = self.sessions.get_mut(&id) else {
            return false;
        };
        let Some(cause) = session.queued.take() else {
            return false;
        };
        let was_decided = session.stored.leaving.is_some();
        let cause = match is_order(cause) {
            true => cause,
            false => match self.verdict_on(now, id) {
                // Its own clock time came meanwhile: it may be in a call.
                Some(Verdict::Expired(Cause::Schedule)) => Cause::Schedule,
                Some(Verdict::Expired(cause)) => {
                    self.close(now, id, cause, Door::Timer);
                    return true;
                }
                _ => {
                    self.look_at(now, id);
                    return false;
                }
            },
        };
        let by = match cause {
            Cause::Schedule | Cause::Firmware if !was_decided => LeaveBy::Perch(cause),
            _ => LeaveBy::Everybody,
        };
        let door = match cause {
            Cause::Admin => Door::Control,
            Cause::Api => Door::Api,
            Cause::Firmware => Door::Registration,
            _ => Door::Timer,
        };
        self.leave_soon(now, id, by, (cause, door));
        true
    }

    /// A run is over when nobody waits for it any more, those in calls included.
    pub(super) fn end_mass_logouts(&mut self, now: Now) {
        let mut over = Vec::new();
        for (name, planned) in &mut self.schedule.jobs {
            let Some(running) = &mut planned.running else {
                continue;
            };
            // Whoever has logged in there again stays.
            running.waiting.retain(|id| {
                let session = self.sessions.get(id);
                session.is_some_and(|session| session.stored.leaving.is_some())
            });
            if running.is_over() {
                over.extend(
                    planned
                        .running
                        .take()
                        .map(|running| (name.clone(), running)),
                );
            }
        }
        for (name, running) in over {
            self.finish(now, &name, running, JobOutcome::Done);
        }
    }

    /// A run is over; `running` has been taken out of its job.
    fn finish(&mut self, now: Now, name: &JobName, running: MassLogout, outcome: JobOutcome) {
        if let Some(planned) = self.schedule.jobs.get_mut(name) {
            planned.last = Some(JobEnd {
                run: running.run,
                ended: now.utc,
                outcome,
            });
        }
        self.schedule.unsaved.insert(name.clone());
        let what = match outcome {
            JobOutcome::Done => What::MassLogoutEnded,
            _ => What::MassLogoutCancelled,
        };
        let over = match (outcome, running.run.dry_run) {
            (JobOutcome::Done, false) => "is over",
            (JobOutcome::Done, true) => "has been tried",
            _ => "was cancelled",
        };
        let door = match outcome {
            JobOutcome::Cancelled => Door::Control,
            _ => Door::Timer,
        };
        let text = format!("Job {name} {over}: {}", running.sum());
        self.record(now, what, None, None, door, text);
    }

    /// An administrator wants a job run, or one that runs paused, resumed or cancelled.
    pub(super) fn job_wished(&mut self, now: Now, ticket: Ticket, name: &JobName, wish: JobWish) {
        let outcome = self.do_job_wish(now, name, wish);
        if outcome.is_ok() {
            self.job_wish_noticed(now, name, wish);
        }
        self.answer(Asker::Ticket(ticket), outcome);
    }

    /// Does that, and says what came of it.
    pub(super) fn do_job_wish(
        &mut self,
        now: Now,
        name: &JobName,
        wish: JobWish,
    ) -> Result<String, Refusal> {
        let Some(planned) = self.schedule.jobs.get_mut(name) else {
            return Err(Refusal::NotFound(format!("There is no job {name}")));
        };
        let Some(running) = &planned.running else {
            return match wish {
                JobWish::Run { dry_run } => {
                    let dry_run = dry_run || planned.job.dry_run;
                    Ok(self.run_job(now, name, dry_run))
                }
                _ => Err(Refusal::Conflict(format!("{name} does not run"))),
            };
        };
        match (wish, running.run.paused) {
            (JobWish::Run { .. }, _) => Err(Refusal::Conflict(format!("{name} runs already"))),
            (JobWish::Pause, true) => Err(Refusal::Conflict(format!("{name} is paused already"))),
            (JobWish::Resume, false) => Err(Refusal::Conflict(format!("{name} is not paused"))),
            (JobWish::Pause, false) => Ok(self.pause_job(now, name)),
            (JobWish::Resume, true) => Ok(self.resume_job(now, name)),
            (JobWish::Cancel, _) => {
                let running = planned.running.take();
                let left = running.as_ref().map_or(0, MassLogout::left);
                if let Some(running) = running {
                    self.cancel_mass_logout(now, name, running);
                }
                Ok(format!("{name} is cancelled: {left} stay logged in"))
            }
        }
    }

    fn run_job(&mut self, now: Now, name: &JobName, dry_run: bool) -> String {
        let run = JobRun {
            // Sessions of this very moment are meant, too.
            at: Utc(now.utc.0 + 1),
            asked: true,
            dry_run,
            paused: false,
            total: 0,
            done: 0,
            after_calls: 0,
        };
        self.begin_mass_logout(now, name, run);
        let total = match self.schedule.running_mut(name) {
            Some(running) => running.run.total,
            None => 0,
        };
        match dry_run {
            true => format!("{name} is tried: what it would do to {total} is in the log"),
            false => format!("{name} runs: {total} to log out"),
        }
    }

    fn pause_job(&mut self, now: Now, name: &JobName) -> String {
        let Some(running) = self.schedule.running_mut(name) else {
            return String::new();
        };
        running.run.paused = true;
        let waiting = std::mem::take(&mut running.waiting);
        running.queue.extend(&waiting);
        let queue = running.queue.clone();
        self.schedule.unsaved.insert(name.clone());
        self.step_out_of_line(now, &queue);
        let text = format!("{name} is paused: {} wait", queue.len());
        let record = format!("Job {text}");
        self.record(
            now,
            What::MassLogoutPaused,
            None,
            None,
            Door::Control,
            record,
        );
        text
    }

    fn resume_job(&mut self, now: Now, name: &JobName) -> String {
        let Some(running) = self.schedule.running_mut(name) else {
            return String::new();
        };
        running.run.paused = false;
        let left = running.left();
        self.schedule.unsaved.insert(name.clone());
        self.line_up(now, name);
        let text = format!("{name} goes on: {left} to log out");
        let record = format!("Job {text}");
        self.record(
            now,
            What::MassLogoutResumed,
            None,
            None,
            Door::Control,
            record,
        );
        text
    }

    /// A run is stopped; `running` has been taken out of its job.
    pub(super) fn cancel_mass_logout(&mut self, now: Now, name: &JobName, running: MassLogout) {
        let left: BTreeSet<SessionId> = running.queue.union(&running.waiting).copied().collect();
        if !running.run.dry_run {
            self.step_out_of_line(now, &left);
        }
        self.finish(now, name, running, JobOutcome::Cancelled);
    }

    /// Nobody of these is logged out by a job now. Other limits hold.
    fn step_out_of_line(&mut self, now: Now, ids: &BTreeSet<SessionId>) {
        for id in ids {
            let Some(session) = self.sessions.get_mut(id) else {
                continue;
            };
            session.queued.take_if(|cause| *cause == Cause::Schedule);
            session.warned.take_if(|cause| *cause == Cause::Schedule);
            match session.stored.leaving {
                Some((Cause::Schedule, ..)) => self.cancel_leaving(now, *id),
                _ => self.look_at(now, *id),
            }
        }
    }

    /// How every job stands.
    pub(super) fn job_statuses(&self) -> Vec<JobStatus> {
        let jobs = self.schedule.jobs.iter();
        let status = jobs.map(|(name, planned)| JobStatus {
            name: name.clone(),
            when: planned.job.when_words(),
            whom: planned.job.whom.to_string(),
            dry_run: planned.job.dry_run,
            next: planned.next,
            running: planned.running.as_ref().map(|it| it.progress(name)),
            last: planned.last,
        });
        status.collect()
    }
}

fn door(run: JobRun) -> Door {
    match run.asked {
        true => Door::Control,
        false => Door::Timer,
    }
}
