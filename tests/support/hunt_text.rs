//! Hunt groups, as an administrator says them in a scenario.
//!
//! ```text
//! support: hunt group, peer, pilots 4200 4201, named Support, list 2001 2002 *, timeout 10s, hops 2, final 9009
//! support: longest 60s, presents usual, from ring, queue 5 for 2m, overflow 9008, announce 20s
//! support: auto logout 3 dynamic, counts external, after miss wrap-up, wrap-up 30s, members logout, last agent stays
//! support: joined keep, connected group
//! ```

use perch::pbx::{
    AfterMiss, AutoLogout, AutoLogoutOf, ConnectedName, HuntGroup, HuntKind, HuntQueue, HuntSlot,
    JoinedAtLogout, MissCounts, PresentCall, Site,
};

use super::site_text::duration;

type Said = Result<(), String>;

fn nothing_said() -> HuntGroup {
    HuntGroup {
        pilots: Vec::new(),
        ..HuntGroup::at("")
    }
}

/// What is said of a hunt group.
pub fn hunt_group(site: &mut Site, name: &str, clauses: &[&str]) -> Said {
    let groups = &mut site.hunt_groups;
    let group = groups.entry(name.into()).or_insert_with(nothing_said);
    for clause in clauses {
        let words: Vec<&str> = clause.split_whitespace().collect();
        said(group, &words).ok_or_else(|| format!("what is {clause:?} for hunt group {name}?"))?;
    }
    Ok(())
}

fn said(group: &mut HuntGroup, words: &[&str]) -> Option<()> {
    match *words {
        ["hunt", "group"] => {}
        ["pilots" | "pilot", ref dns @ ..] => {
            group.pilots = dns.iter().map(|dn| (*dn).into()).collect();
        }
        ["named", ref name @ ..] => group.display_name = name.join(" "),
        ["list", ref slots @ ..] => {
            group.list = slots.iter().map(|slot| self::slot(slot)).collect()
        }
        ["timeout", ref times @ ..] => {
            group.timeout_s = times
                .iter()
                .map(|time| seconds(time))
                .collect::<Option<_>>()?;
        }
        ["hops", count] => group.hops = Some(count.parse().ok()?),
        ["longest", time] => group.max_timeout_s = Some(seconds(time)?),
        ["final", dn] => group.final_to = Some(dn.into()),
        ["presents", word] => group.present_call = PresentCall::named(word)?,
        ["from", "ring"] => group.from_ring = true,
        ["auto", "logout", calls] => group.auto_logout = Some(auto_logout(calls, "both")?),
        ["auto", "logout", calls, of] => group.auto_logout = Some(auto_logout(calls, of)?),
        ["counts", word] => group.counts = MissCounts::named(word)?,
        ["after", "miss", word] => group.after_miss = AfterMiss::named(word)?,
        ["wrap-up", time] => group.wrap_up_s = seconds(time)?,
        ["members", "logout"] => group.members_logout = true,
        ["last", "agent", "stays"] => group.last_agent_stays = true,
        ["queue", length, "for", time] => {
            group.queue = Some(HuntQueue {
                length: length.parse().ok()?,
                max_wait_s: seconds(time)?,
                overflow_to: None,
                announce_every_s: 0,
            });
        }
        ["overflow", dn] => group.queue.as_mut()?.overflow_to = Some(dn.into()),
        ["announce", time] => group.queue.as_mut()?.announce_every_s = seconds(time)?,
        ["no", "statistics"] => group.statistics = false,
        ["joined", word] => group.joined_at_logout = Some(JoinedAtLogout::named(word)?),
        ["connected", word] => group.connected_name = Some(ConnectedName::named(word)?),
        [kind] => group.kind = HuntKind::named(kind)?,
        _ => return None,
    }
    Some(())
}

fn slot(word: &str) -> HuntSlot {
    match word {
        "*" => HuntSlot::Wildcard,
        dn => HuntSlot::Static(dn.into()),
    }
}

fn auto_logout(calls: &str, of: &str) -> Option<AutoLogout> {
    Some(AutoLogout {
        calls: calls.parse().ok()?,
        of: AutoLogoutOf::named(of)?,
    })
}

fn seconds(text: &str) -> Option<u32> {
    u32::try_from(duration(text).ok()?.as_secs()).ok()
}
