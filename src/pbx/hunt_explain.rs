//! What there is to say of a hunt group: who would be offered a call now, who would not and why, and who waits.

use super::Pbx;
use super::hunt_group::{HuntGroup, HuntSlot};
use super::names::{Dn, HuntGroupName, PhoneName};
use crate::time::Now;

/// Several things as people list them.
fn listed(all: impl Iterator<Item = String>) -> String {
    all.collect::<Vec<_>>().join(", ")
}

impl Pbx {
    /// The same of the group that has this name, or this pilot.
    pub(super) fn explain_hunt_group(&self, now: Now, subject: &str) -> Option<Vec<String>> {
        let by_pilot = self.directory.pilot(&subject.into());
        let name = by_pilot.cloned().unwrap_or_else(|| subject.into());
        let group = self.site.hunt_groups.get(&name)?;
        let pilots = listed(group.pilots.iter().map(ToString::to_string));
        let ends = match &group.final_to {
            Some(dn) => format!("calls that no member takes go to {dn}"),
            None => "calls that no member takes come to nothing".to_owned(),
        };
        let kind = group.kind.word();
        let mut sentences = vec![format!(
            "{name} is a {kind} hunt group at {pilots}; {ends}."
        )];
        let members = self.members_of(&name);
        let sentence = |dn: &Dn| self.explain_offer(&name, dn);
        sentences.extend(members.iter().map(|member| sentence(&member.dn)));
        let joined = members.iter().filter(|member| member.is_dynamic).count();
        let is_free = |slot: &&HuntSlot| **slot == HuntSlot::Wildcard;
        let room = group.list.iter().filter(is_free).count();
        if room > joined {
            sentences.push(format!("{} more may join.", room - joined));
        }
        sentences.extend(self.explain_queue(now, &name, group));
        Some(sentences)
    }

    fn explain_offer(&self, name: &HuntGroupName, dn: &Dn) -> String {
        if let Some(inner) = self.directory.pilot(dn) {
            return format!("{dn} stands for the members of {inner}.");
        }
        let phones = self.presented_at(None, name, dn);
        if !phones.is_empty() {
            let phones = listed(phones.iter().map(ToString::to_string));
            return format!("{dn} would be offered a call, at {phones}.");
        }
        let all: Vec<&PhoneName> = self.directory.phones_with(dn).collect();
        let is_there = |phone: &&PhoneName| self.phones.get(*phone).is_some_and(|it| it.registered);
        let there: Vec<&PhoneName> = all.iter().copied().filter(is_there).collect();
        let why = match (all.is_empty(), there.is_empty()) {
            (true, _) => "logged in nowhere",
            (false, true) => "not to be reached",
            _ if !self.takes_hunt_calls(name, dn) => "not ready",
            _ if there.iter().all(|phone| self.is_quiet(phone)) => "not to be disturbed",
            _ => "busy",
        };
        format!("{dn} is passed by: {why}.")
    }

    fn explain_queue(&self, now: Now, name: &HuntGroupName, group: &HuntGroup) -> Option<String> {
        let queue = group.queue.as_ref()?;
        let to = match group.overflow_to() {
            Some(dn) => format!("go to {dn}"),
            None => "are refused".to_owned(),
        };
        let rule = format!(
            "{} may wait, {} s at most, and then {to}",
            queue.length, queue.max_wait_s
        );
        let waiting = match self.longest_wait(now, name) {
            Some(longest) => {
                let count = self.calls_waiting(name);
                let seconds = longest.as_secs();
                format!("In the queue: {count}, the first for {seconds} s")
            }
            None => "Nobody waits".to_owned(),
        };
        Some(format!("{waiting}; {rule}."))
    }
}
