//! The table as people read it: ways that lead to the same are one, and so are situations.

use std::collections::BTreeMap;

use super::rows::{Agent, Kept, Line, Played, Row, Way};

const HEAD: &str = "# What becomes of a wish to log somebody out

There is one rule, `LeaveWish::decide` in `src/pbx/leaving.rs`, whoever asks by whichever door. This page is its table. It is made by
`UPDATE_EXPECT=1 cargo test --test leaving`, which plays every combination with calls, clocks and phones that come and go, and checks that what
happens is what the rule says and what stands here.

| it says | it means |
|---|---|
| **now** | the session ends |
| when idle | it is stored that the session ends as soon as the phone is idle, and nothing keeps it: the phone shows that, and it survives a restart |
| no | refused, and whoever asked is told why |
| waits | nothing is decided: Perch looks again when what is in the way is over |
| kept | this does not end such a session |

*Prime line* is the phone's first button. *Active* is a talk, dialling or calling somebody; *held* is a call that was put on hold here. *Exempt* is a phone,
profile or class that is never logged out automatically. *Emergency call* is one that was made at the phone in the last 30 minutes
(`emergency_hold_min`). Agents are those whose profile says `agent`.

For the idle limit a held call alone keeps the session for `held_cap_min` after it was held; the table says what happens then.
";

/// The whole page.
pub fn page(played: &BTreeMap<Row, Played>) -> String {
    let mut page = HEAD.to_owned();
    page.push_str(&format!("\nThere are {} combinations.\n", played.len()));
    let mut ways: Vec<(Vec<Way>, Vec<Played>)> = Vec::new();
    for way in Way::ALL {
        let all = columns().into_iter().flat_map(|(kept, agent)| {
            situations().map(move |(prime, others)| {
                played[&Row {
                    way,
                    prime,
                    others,
                    kept,
                    agent,
                }]
            })
        });
        let all: Vec<Played> = all.collect();
        match ways.iter_mut().find(|(_, same)| *same == all) {
            Some((ways, _)) => ways.push(way),
            None => ways.push((vec![way], all)),
        }
    }
    for (ways, _) in ways {
        let words: Vec<&str> = ways.iter().map(|way| way.words()).collect();
        page.push_str(&format!("\n## By {}\n\n", words.join(", or ")));
        page.push_str(&table(ways[0], played));
    }
    page
}

fn columns() -> Vec<(Kept, Agent)> {
    let of = |kept| Agent::ALL.into_iter().map(move |agent| (kept, agent));
    Kept::ALL.into_iter().flat_map(of).collect()
}

fn situations() -> impl Iterator<Item = (Line, Line)> {
    let of = |prime| Line::OTHERS.into_iter().map(move |others| (prime, others));
    Line::PRIME.into_iter().flat_map(of)
}

/// What a way leads to: a column for whoever fares alike, a line for what is alike.
fn table(way: Way, played: &BTreeMap<Row, Played>) -> String {
    let cell = |(kept, agent), (prime, others)| {
        played[&Row {
            way,
            prime,
            others,
            kept,
            agent,
        }]
    };
    type Group = (Vec<(Kept, Agent)>, Vec<Played>);
    let mut groups: Vec<Group> = Vec::new();
    for column in columns() {
        let cells: Vec<Played> = situations().map(|place| cell(column, place)).collect();
        match groups.iter_mut().find(|(_, same)| *same == cells) {
            Some((columns, _)) => columns.push(column),
            None => groups.push((vec![column], cells)),
        }
    }
    let heads = groups.iter().map(|(columns, _)| whose(columns));
    let heads: Vec<String> = heads.collect();
    let mut text = format!("| prime line | other lines | {} |\n", heads.join(" | "));
    text.push_str(&format!("|---|---|{}\n", "---|".repeat(groups.len())));
    for prime in Line::PRIME {
        let mut lines: Vec<(Vec<&str>, Vec<Played>)> = Vec::new();
        for others in Line::OTHERS {
            let cells = groups
                .iter()
                .map(|(columns, _)| cell(columns[0], (prime, others)));
            let cells: Vec<Played> = cells.collect();
            match lines.iter_mut().find(|(_, same)| *same == cells) {
                Some((others_alike, _)) => others_alike.push(others.words()),
                None => lines.push((vec![others.words()], cells)),
            }
        }
        for (others, cells) in lines {
            let others = match others.len() == Line::OTHERS.len() {
                true => "whatever they do".to_owned(),
                false => others.join(", "),
            };
            let cells: Vec<String> = cells.into_iter().map(said).collect();
            text.push_str(&format!(
                "| {} | {others} | {} |\n",
                prime.words(),
                cells.join(" | ")
            ));
        }
    }
    text
}

/// Whom a column is about.
fn whose(columns: &[(Kept, Agent)]) -> String {
    if columns.len() == Kept::ALL.len() * Agent::ALL.len() {
        return "everybody".to_owned();
    }
    let mut parts: Vec<(Vec<&str>, Vec<Agent>)> = Vec::new();
    for kept in Kept::ALL {
        let agents = columns.iter().filter(|(of, _)| *of == kept);
        let agents: Vec<Agent> = agents.map(|(_, agent)| *agent).collect();
        let word = match kept {
            Kept::Usual => "usual",
            Kept::Exempt => "exempt",
            Kept::Emergency => "emergency call",
        };
        match parts.iter_mut().find(|(_, same)| *same == agents) {
            _ if agents.is_empty() => {}
            Some((words, _)) => words.push(word),
            None => parts.push((vec![word], agents)),
        }
    }
    let parts = parts.into_iter().map(|(words, agents)| {
        let words = words.join(", ");
        let agents = agents.iter().map(|agent| match agent {
            Agent::No => "no agents",
            Agent::Traditional => "traditional agents",
            Agent::HotDesk => "hot-desk agents",
        });
        let agents: Vec<&str> = agents.collect();
        match agents.len() == Agent::ALL.len() {
            true => words,
            false => format!("{words}: {}", agents.join(", ")),
        }
    });
    parts.collect::<Vec<String>>().join("; ")
}

fn said(played: Played) -> String {
    match played {
        Played::Now => "**now**".to_owned(),
        Played::WhenIdle => "when idle".to_owned(),
        Played::Refused(why) => format!("no: {why}"),
        Played::Waits => "waits".to_owned(),
        Played::Kept => "kept".to_owned(),
    }
}
