//! Hunt groups in a site file.

use expect_test::{Expect, expect};
use perch::pbx::{
    AutoLogout, AutoLogoutOf, ConnectedName, Dn, HuntGroup, HuntGroupLogout, HuntKind, HuntQueue,
    HuntSlot, JoinedAtLogout, MissCounts, PresentCall,
};

use super::{SMALL, check, read, site};
use perch::site::{plan, write};

const MANUAL: &str = include_str!("../../fixtures/sites/hunt.toml");

fn with_group(group: &str) -> String {
    format!("{SMALL}\n{group}")
}

fn check_group(group: &str, expected: Expect) {
    check(&with_group(group), expected);
}

/// rules: HG-1, HG-3
#[test]
fn the_group_of_the_manual_is_what_it_says() {
    let read = read(MANUAL, None);
    assert_eq!(read.warnings, []);
    assert_eq!(read.site.settings.hunt_group_logout, HuntGroupLogout::HLog);
    let group = &read.site.hunt_groups["3"];
    let members = ["1001", "1002", "1003"].map(|dn| HuntSlot::Static(dn.into()));
    assert_eq!(group.kind, HuntKind::Peer);
    assert_eq!(group.pilots, ["4200".into()]);
    assert_eq!(group.list, members);
    assert_eq!(group.timeout_s, [10]);
    let auto = AutoLogout {
        calls: 1,
        of: AutoLogoutOf::Both,
    };
    assert_eq!(group.auto_logout, Some(auto));
    assert_eq!(group.final_to, Some(Dn::from("4500")));
    let pilot = read.site.hunt_group_of(&"4200".into());
    assert_eq!(pilot.map(|(name, _)| name.as_str()), Some("3"));
}

/// rules: HG-2, HG-3
#[test]
fn a_group_is_read_with_what_is_usual() {
    let group = "[hunt_group.a]\npilots = [\"4200\"]\nkind = \"peer\"\nlist = [\"2001\"]\n";
    let site = site(&with_group(group));
    assert_eq!(site.settings.hunt_group_logout, HuntGroupLogout::Dnd);
    let group = &site.hunt_groups["a"];
    assert_eq!(group.auto_logout, None);
    assert!(!group.members_logout && !group.last_agent_stays && group.statistics);
}

/// rules: HG-1, HG-3, HG-5, HG-7
#[test]
fn everything_about_a_group_is_read_written_and_compared() {
    let text = with_group(
        r#"
        [hunt_group.support]
        pilots = ["4200", "4201"]
        display_name = "Support"
        kind = "longest-idle"
        list = ["2001", "*", "*"]
        timeout_s = [10, 20, 30]
        hops = 2
        max_timeout_s = 120
        final = "9001"
        present_call = "onhook-phone"
        from_ring = true
        auto_logout = 3
        auto_logout_of = "dynamic"
        counts = "external"
        after_miss = "wrap-up"
        wrap_up_s = 45
        members_logout = true
        last_agent_stays = true
        queue = { length = 5, max_wait_s = 90, overflow = "9001", announce_every_s = 0 }
        statistics = false
        joined_at_logout = "keep"
        connected_name = "group"
        "#,
    );
    let text = text.replace("[site]", "[site]\nhunt_group_logout = \"HLog\"");
    let site = site(&text);
    let group = &site.hunt_groups["support"];
    assert_eq!(group.list.len(), 3);
    assert!(group.has_wildcards() && group.lists(&"2001".into()));
    assert_eq!(group.counts, MissCounts::External);
    assert_eq!(group.present_call, PresentCall::OnhookPhone);
    let queue = HuntQueue {
        length: 5,
        max_wait_s: 90,
        overflow_to: Some("9001".into()),
        announce_every_s: 0,
    };
    assert_eq!(group.queue, Some(queue));
    assert_eq!(group.joined_at_logout, Some(JoinedAtLogout::Keep));
    assert_eq!(group.connected_name, Some(ConnectedName::Group));
    assert_eq!(read(&write(&site), None).site, site);

    let mut other = site.clone();
    let changed = HuntGroup {
        kind: HuntKind::Parallel,
        queue: None,
        ..group.clone()
    };
    other.hunt_groups.insert("support".into(), changed);
    expect![[r#"
        ~ hunt_group support
            kind: "longest-idle" -> "parallel"
            queue: { length = 5, max_wait_s = 90, overflow = "9001", announce_every_s = 0 } -> not set

        0 to add, 1 to change, 0 to remove.
    "#]].assert_eq(&plan(&site, &other).to_string());
}

/// rules: HG-1
#[test]
fn what_is_wrong_with_a_group_is_said() {
    check_group(
        r#"
[hunt_group.empty]
[hunt_group.a]
pilots = ["2001", "4200", "4200"]
kind = "round-robin"
list = ["2001", "2002", "2001", "4300"]
timeout_s = [10, 20]
hops = 0
auto_logout_of = "dynamic"
queue = { length = 5000, overflow = "9999", tone = "x" }
[hunt_group.b]
pilots = ["4300"]
kind = "parallel"
list = ["4200"]
auto_logout = 21
members_logout = true
"#,
        expect![[r#"
            site.toml:25:13: hunt_group.empty.kind: this is missing. Add kind = …
            site.toml:25:13: hunt_group.empty.list: this is missing. Add list = …
            site.toml:25:13: hunt_group.empty.pilots: this is missing. Add pilots = …
            site.toml:26:13: hunt_group.a.auto_logout: this is missing. Add auto_logout = …
            site.toml:27:11: hunt_group.a.pilots: 2001 is the number of user alice already. Choose a number that is nobody's
            site.toml:27:27: hunt_group.a.pilots: 4200 is a pilot of a already. Choose a number that is nobody's
            site.toml:28:8: hunt_group.a.kind: "round-robin" cannot be understood. Write one of "sequential", "peer", "longest-idle", "parallel"
            site.toml:29:8: hunt_group.a.list: this group leads back to itself, or more than 4 stand one in the other. Take the pilots of such groups out of the list
            site.toml:29:17: hunt_group.a.list: nobody has the number 2002. Did you mean "2001"?
            site.toml:29:25: hunt_group.a.list: 2001 is named twice. Name each member once
            site.toml:30:13: hunt_group.a.timeout_s: there are 2 values for 4 places in the list. Write one value, or one for each place
            site.toml:31:8: hunt_group.a.hops: the number is out of range. Write one from 1 to 100
            site.toml:33:20: hunt_group.a.queue.length: the number is out of range. Write one from 1 to 500
            site.toml:33:45: hunt_group.a.queue.tone: there is no such key. Known here: length, max_wait_s, overflow, announce_every_s
            site.toml:37:8: hunt_group.b.list: this group leads back to itself, or more than 4 stand one in the other. Take the pilots of such groups out of the list
            site.toml:38:15: hunt_group.b.auto_logout: the number is out of range. Write one from 1 to 20
            site.toml:39:18: hunt_group.b.members_logout: whoever is logged out of the groups would have a quiet phone from the start. Write hunt_group_logout = "HLog" under [site], or take this out
        "#]],
    );
}

/// rules: HG-6
#[test]
fn the_site_says_what_its_groups_do_not() {
    let group = "[hunt_group.a]\npilots = [\"4200\"]\nkind = \"peer\"\nlist = [\"2001\", \"*\"]\n";
    let keeps = |site_says: &str, group_says: &str| {
        let text = with_group(group) + group_says;
        let site = site(&text.replace("[site]", &format!("[site]\n{site_says}")));
        let name = "a".into();
        (site.keeps_joined(&name), site.connected_name(&name))
    };
    let (member, of_group) = (ConnectedName::Member, ConnectedName::Group);
    let site_says = "hunt_joined_at_logout = \"keep\"\nhunt_connected_name = \"group\"\n";
    let group_says = "joined_at_logout = \"leave\"\nconnected_name = \"member\"\n";
    assert_eq!(keeps("", ""), (false, member));
    assert_eq!(keeps(site_says, ""), (true, of_group));
    assert_eq!(keeps(site_says, group_says), (false, member));
}

/// rules: HG-2
#[test]
fn a_key_for_hunt_groups_alone_needs_a_site_that_has_one() {
    let profile = "[user_profile.agents]\nclass = \"all\"\nhunt_button = true\n";
    check(
        &with_group(profile),
        expect![[r#"
        site.toml:26:15: user_profile.agents.hunt_button: agents who are not ready are in do-not-disturb here: there is no key for hunt groups alone. Write hunt_group_logout = "HLog" under [site], or take this out
    "#]],
    );
    let text = with_group(profile).replace("[site]", "[site]\nhunt_group_logout = \"HLog\"");
    let site = site(&text);
    assert!(site.user_profiles["agents"].hunt_button);
    assert_eq!(read(&write(&site), None).site, site);
}

/// rules: HG-1
#[test]
fn groups_one_in_the_other_lead_round_in_no_circle_and_not_too_deep() {
    check_group(
        r#"
[hunt_group.a]
pilots = ["4200"]
kind = "peer"
list = ["4300"]
[hunt_group.b]
pilots = ["4300"]
kind = "parallel"
list = ["4200", "2001"]
[hunt_group.c1]
pilots = ["4401"]
kind = "peer"
list = ["4402"]
[hunt_group.c2]
pilots = ["4402"]
kind = "peer"
list = ["4403"]
[hunt_group.c3]
pilots = ["4403"]
kind = "peer"
list = ["4404"]
[hunt_group.c4]
pilots = ["4404"]
kind = "peer"
list = ["4405"]
[hunt_group.c5]
pilots = ["4405"]
kind = "peer"
list = ["2001"]
"#,
        expect![[r#"
            site.toml:28:8: hunt_group.a.list: this group leads back to itself, or more than 4 stand one in the other. Take the pilots of such groups out of the list
            site.toml:32:8: hunt_group.b.list: this group leads back to itself, or more than 4 stand one in the other. Take the pilots of such groups out of the list
            site.toml:36:8: hunt_group.c1.list: this group leads back to itself, or more than 4 stand one in the other. Take the pilots of such groups out of the list
        "#]],
    );
}

/// rules: HG-1
#[test]
fn what_is_probably_not_meant_is_said() {
    check_group(
        r#"
[hunt_group.a]
pilots = ["4200"]
kind = "parallel"
list = ["2001"]
hops = 3
final = "4999"
[hunt_group.b]
pilots = ["4300"]
kind = "peer"
list = ["4200", "*"]
queue = {}
"#,
        expect![[r#"
            site.toml:29:8: warning: hunt_group.a.hops: all members of a parallel group ring at once: there are no hops. Take it away
            site.toml:30:9: warning: hunt_group.a.final: nobody has the number 4999, so calls sent there fail. Give it to a phone or user, or name another
            site.toml:35:1: warning: hunt_group.b.queue: callers who have waited for too long are sent away: there is neither overflow nor final. Add overflow = "…" to the queue, or final = "…" to the group
        "#]],
    );
}

fn quoted(numbers: impl Iterator<Item = u32>) -> String {
    let numbers: Vec<String> = numbers.map(|number| format!("\"{number}\"")).collect();
    numbers.join(", ")
}

/// Ten pilots are no more than a group may have; a number of whoever is at a phone is no pilot.
///
/// rules: HG-1
#[test]
fn pilots_are_ten_at_most_and_nobodys() {
    let group = |pilots: &str| {
        format!("[hunt_group.a]\npilots = [{pilots}]\nkind = \"peer\"\nlist = [\"2001\"]\n")
    };
    let ten = read(&with_group(&group(&quoted(4200..4210))), None);
    assert_eq!(ten.warnings, []);
    check_group(
        &group(&quoted(4200..4211)),
        expect![[r#"
        site.toml:25:10: hunt_group.a.pilots: there are more than 10. Keep 10 at most
    "#]],
    );
    check_group(
        &group("\"9001\""),
        expect![[r#"
        site.toml:25:11: hunt_group.a.pilots: 9001 is the number of phone desk-1 already. Choose a number that is nobody's
    "#]],
    );
    let lobby = SMALL.replace(
        "display_name = \"Guest\"",
        "display_name = \"Guest\"\nlines = [\"9001\", \"9100\"]",
    );
    check(
        &format!("{lobby}\n{}", group("\"9100\"")),
        expect![[r#"
        site.toml:26:11: hunt_group.a.pilots: 9100 is a line of the profile guest already. Choose a number that is nobody's
    "#]],
    );
}

/// A group that stands in the lists of two others leads nowhere twice; and a number outside is a place to go on to.
///
/// rules: HG-1
#[test]
fn a_group_may_stand_in_two_lists_and_send_calls_out_of_the_house() {
    let text = with_group(
        r#"
        [trunk.x]
        addresses = ["sip:10.0.9.1:5060"]
        class = "all"
        [route.outside]
        prefix = "0"
        kind = "national"
        trunks = ["x"]
        [hunt_group.a]
        pilots = ["4200"]
        kind = "sequential"
        list = ["4300", "4400"]
        final = "0201234"
        [hunt_group.b]
        pilots = ["4300"]
        kind = "sequential"
        list = ["4500"]
        [hunt_group.c]
        pilots = ["4400"]
        kind = "sequential"
        list = ["4500"]
        [hunt_group.d]
        pilots = ["4500"]
        kind = "sequential"
        list = ["2001"]
        "#,
    );
    check(&text, expect![[r#""#]]);
}
