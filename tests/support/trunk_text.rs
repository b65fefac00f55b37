//! Trunks and routes, as an administrator says them in a scenario.
//!
//! ```text
//! x: trunk at 10.0.9.1 10.0.9.2, class staff, probe 30s, at most 2 calls, numbers +3120555
//! x: account perch secret in carrier.example
//! outside: route of 0, national, by x y, strip 1, prepend 00, as E.164
//! ```

use std::collections::BTreeSet;

use perch::pbx::{CallKind, Route, Site, Trunk, TrunkAccount, TrunkAddress};
use perch::sip::digest_secret;

use super::site_text::duration;

type Said = Result<(), String>;

/// What is said of a trunk.
pub fn trunk(site: &mut Site, name: &str, clauses: &[&str]) -> Said {
    let trunk = site.trunks.entry(name.into()).or_insert_with(|| Trunk {
        addresses: Vec::new(),
        account: None,
        from: Vec::new(),
        class: "staff".into(),
        probe_s: 0,
        max_calls: None,
        number_prefix: String::new(),
        numbers: Default::default(),
        caller_number: None,
        caller_prepend: String::new(),
    });
    for clause in clauses {
        let words: Vec<&str> = clause.split_whitespace().collect();
        match words[..] {
            ["trunk", "at", ref places @ ..] => {
                let addresses = places.iter().map(|place| address(place));
                trunk.addresses = addresses.collect::<Result<_, _>>()?;
            }
            ["class", class] => trunk.class = class.into(),
            ["probe", time] => {
                let seconds = duration(time)?.as_secs();
                trunk.probe_s = u32::try_from(seconds).map_err(|_| "too long".to_owned())?;
            }
            ["at", "most", count, "calls" | "call"] => trunk.max_calls = Some(number(count)?),
            ["numbers", prefix] => trunk.number_prefix = prefix.into(),
            ["number", outside, "is", dn] => {
                trunk.numbers.insert(outside.into(), dn.into());
            }
            ["callers", "are", number] => trunk.caller_number = Some(number.into()),
            ["account", user, password, "in", realm] => {
                trunk.account = Some(TrunkAccount {
                    user: user.into(),
                    realm: realm.into(),
                    secret: digest_secret(user, realm, password),
                });
            }
            _ => return Err(format!("what is {clause:?} for trunk {name}?")),
        }
    }
    Ok(())
}

/// What is said of a route.
pub fn route(site: &mut Site, name: &str, clauses: &[&str]) -> Said {
    let route = site.routes.entry(name.into()).or_insert_with(|| Route {
        prefix: String::new(),
        kind: CallKind::National,
        trunks: Vec::new(),
        strip: 0,
        prepend: String::new(),
        e164: false,
    });
    for clause in clauses {
        let words: Vec<&str> = clause.split_whitespace().collect();
        match words[..] {
            ["route", "of", prefix] => route.prefix = prefix.into(),
            ["by", ref trunks @ ..] => {
                route.trunks = trunks.iter().map(|name| (*name).into()).collect();
            }
            ["strip", count] => {
                let count: u32 = number(count)?;
                route.strip = u8::try_from(count).map_err(|_| "too many".to_owned())?;
            }
            ["prepend", digits] => route.prepend = digits.into(),
            ["as", "E.164"] => route.e164 = true,
            [kind] => route.kind = kind_named(kind)?,
            _ => return Err(format!("what is {clause:?} for route {name}?")),
        }
    }
    Ok(())
}

/// The kinds of calls that a class may make.
pub fn kinds(words: &[&str]) -> Result<BTreeSet<CallKind>, String> {
    words.iter().map(|word| kind_named(word)).collect()
}

fn kind_named(word: &str) -> Result<CallKind, String> {
    CallKind::named(word).ok_or_else(|| format!("{word} is no kind of calls"))
}

fn address(place: &str) -> Result<TrunkAddress, String> {
    TrunkAddress::parse(&format!("sip:{place}")).ok_or_else(|| format!("where is {place}?"))
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}
