//! Trunks and routes in a site file: `[trunk.NAME]`, `[route.NAME]`, how numbers are dialled here, where the house is.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::check::{is_phone_name, unresolved};
use super::document::{Field, hex, secret, shown, texts};
use super::lint::{known_numbers, nowhere};
use super::problem::Finding;
use super::reader::Section;
use super::sip_secret::phone_secret;
use crate::pbx::{
    CallKind, CivicAddress, Dn, Numbering, PhoneName, Prefix, Route, Settings, Site, Trunk,
    TrunkAccount, TrunkAddress,
};

/// How often a trunk is asked whether it is there, if nobody says otherwise.
const PROBE_S: u32 = 30;

/// A trunk has so many places at most.
const ADDRESSES: usize = 16;

/// How an address is written.
const ADDRESS: &str =
    "Write it as in \"sip:203.0.113.7:5060;transport=udp\"; transports are udp, tcp and tls";

/// One trunk.
pub(super) fn trunk(s: &mut Section<'_>) -> Trunk {
    Trunk {
        addresses: addresses(s),
        account: account(s),
        from: networks(s),
        class: s.required_text("class").into(),
        probe_s: probe(s),
        max_calls: s.number("max_calls", 1..=100_000),
        number_prefix: s.text("number_prefix").unwrap_or_default().into(),
        numbers: numbers(s),
        caller_number: s.text("caller_number").map(Into::into),
        caller_prepend: s.text("caller_prepend").unwrap_or_default().into(),
    }
}

/// One route.
pub(super) fn route(s: &mut Section<'_>) -> Route {
    let words = CallKind::ALL.map(|kind| format!("{:?}", kind.word()));
    if !s.has("kind") {
        s.missing("kind");
    }
    let kind = s.parsed(
        "kind",
        &format!("Write {}", words.join(", ")),
        CallKind::named,
    );
    if !s.has("trunks") {
        s.missing("trunks");
    }
    let trunks = s.texts("trunks").unwrap_or_default();
    Route {
        prefix: s.required_text("prefix").into(),
        kind: kind.unwrap_or(CallKind::International),
        trunks: trunks.into_iter().map(Into::into).collect(),
        strip: s
            .number("strip", 0..=32)
            .and_then(|count| u8::try_from(count).ok())
            .unwrap_or_default(),
        prepend: s.text("prepend").unwrap_or_default().into(),
        e164: s.flag("e164").unwrap_or_default(),
    }
}

/// How numbers outside are dialled here, among the settings of the site.
pub(super) fn numbering(s: &mut Section<'_>) -> Numbering {
    let usual = Numbering::default();
    let mut text = |key, usual: String| s.text(key).map_or(usual, Into::into);
    Numbering {
        country_code: text("country_code", usual.country_code),
        area_code: text("area_code", usual.area_code),
        national_prefix: text("national_prefix", usual.national_prefix),
        international_prefix: text("international_prefix", usual.international_prefix),
    }
}

/// Where the house is.
pub(super) fn address(s: &mut Section<'_>) -> CivicAddress {
    let mut text = |key| s.text(key).unwrap_or_default().to_owned();
    CivicAddress {
        country: text("country"),
        region: text("region"),
        city: text("city"),
        street: text("street"),
        house_number: text("house_number"),
        postal_code: text("postal_code"),
    }
}

/// The calls out of the house that a class may make.
pub(super) fn calls(s: &mut Section<'_>) -> BTreeSet<CallKind> {
    let mut kinds = BTreeSet::new();
    for word in s.texts("calls").unwrap_or_default() {
        match CallKind::named(word) {
            Some(kind) => {
                kinds.insert(kind);
            }
            None => {
                let words = CallKind::ALL.map(CallKind::word).join(", ");
                s.wrong(
                    "calls",
                    format!("there is no kind of calls {word:?}"),
                    format!("Write some of {words}; help may always be called"),
                );
            }
        }
    }
    kinds
}

fn addresses(s: &mut Section<'_>) -> Vec<TrunkAddress> {
    if !s.has("addresses") {
        s.missing("addresses");
    }
    let given = s.texts("addresses").unwrap_or_default();
    if s.has("addresses") && given.is_empty() {
        s.wrong("addresses", "there is none", ADDRESS);
    }
    if given.len() > ADDRESSES {
        let what = format!("there are more than {ADDRESSES}");
        s.wrong("addresses", what, format!("Keep {ADDRESSES} at most"));
    }
    let mut addresses = Vec::new();
    for text in given {
        match TrunkAddress::parse(text) {
            Some(address) => addresses.push(address),
            None => s.wrong("addresses", format!("{text:?} is no address"), ADDRESS),
        }
    }
    addresses
}

/// What is kept of a password is good for one name and one realm, so both must be said.
fn account(s: &mut Section<'_>) -> Option<TrunkAccount> {
    let has_any = ["user", "realm", "password", "digest_md5", "digest_sha256"]
        .into_iter()
        .any(|key| s.has(key));
    if !has_any {
        return None;
    }
    let (user, realm) = (s.required_text("user"), s.required_text("realm"));
    let secret = phone_secret(user, realm, s);
    if secret.is_none() && !s.has("password") {
        s.missing("password");
    }
    Some(TrunkAccount {
        user: user.to_owned(),
        realm: realm.to_owned(),
        secret: secret?,
    })
}

fn networks(s: &mut Section<'_>) -> Vec<Prefix> {
    let texts = s.texts("from").unwrap_or_default();
    let networks: Vec<Prefix> = texts
        .iter()
        .filter_map(|text| Prefix::parse(text))
        .collect();
    if networks.len() < texts.len() {
        s.wrong(
            "from",
            "these are no networks",
            "Write networks as in [\"203.0.113.0/29\", \"2001:db8::/64\"]",
        );
    }
    networks
}

fn probe(s: &mut Section<'_>) -> u32 {
    let seconds = s.number("probe_s", 0..=3600).unwrap_or(PROBE_S);
    if (1..5).contains(&seconds) {
        s.wrong(
            "probe_s",
            "a trunk is not asked as often as that",
            "Write 5 or more, or 0 for never",
        );
    }
    seconds
}

fn numbers(s: &mut Section<'_>) -> BTreeMap<String, Dn> {
    let named = s.named_texts("numbers").into_iter();
    named
        .map(|(number, dn)| (number.to_owned(), dn.into()))
        .collect()
}

/// The words for kinds of calls.
pub(super) fn words(kinds: &BTreeSet<CallKind>) -> Vec<String> {
    kinds.iter().map(|kind| kind.word().to_owned()).collect()
}

/// A trunk as the file has it.
pub(super) fn trunk_fields(trunk: &Trunk) -> Vec<Field> {
    let mut fields = vec![shown("addresses", texts(&trunk.addresses))];
    if let Some(account) = &trunk.account {
        let TrunkAccount {
            user,
            realm,
            secret: digests,
        } = account;
        fields.extend([
            shown("user", user.as_str()),
            shown("realm", realm.as_str()),
            secret("digest_md5", hex(&digests.md5), "password"),
            secret("digest_sha256", hex(&digests.sha256), "password"),
        ]);
    }
    if !trunk.from.is_empty() {
        fields.push(shown("from", texts(&trunk.from)));
    }
    fields.push(shown("class", trunk.class.as_str()));
    fields.push(shown("probe_s", trunk.probe_s));
    fields.extend(trunk.max_calls.map(|most| shown("max_calls", most)));
    if !trunk.number_prefix.is_empty() {
        fields.push(shown("number_prefix", trunk.number_prefix.as_str()));
    }
    if !trunk.numbers.is_empty() {
        let pairs = trunk.numbers.iter();
        let pairs = pairs.map(|(number, dn)| (number.clone(), Value::from(dn.as_str())));
        fields.push(shown("numbers", Table::from_iter(pairs)));
    }
    let number = trunk.caller_number.as_deref();
    fields.extend(number.map(|number| shown("caller_number", number)));
    if !trunk.caller_prepend.is_empty() {
        fields.push(shown("caller_prepend", trunk.caller_prepend.as_str()));
    }
    fields
}

/// A route as the file has it.
pub(super) fn route_fields(route: &Route) -> Vec<Field> {
    vec![
        shown("prefix", route.prefix.as_str()),
        shown("kind", route.kind.word()),
        shown("trunks", texts(&route.trunks)),
        shown("strip", u32::from(route.strip)),
        shown("prepend", route.prepend.as_str()),
        shown("e164", route.e164),
    ]
}

/// What the site's settings say of numbers and the house, as far as something is said.
pub(super) fn setting_fields(settings: &Settings) -> Vec<Field> {
    let (numbering, usual) = (&settings.numbering, Numbering::default());
    let parts = [
        ("country_code", &numbering.country_code, usual.country_code),
        ("area_code", &numbering.area_code, usual.area_code),
        (
            "national_prefix",
            &numbering.national_prefix,
            usual.national_prefix,
        ),
        (
            "international_prefix",
            &numbering.international_prefix,
            usual.international_prefix,
        ),
    ];
    let said = parts
        .into_iter()
        .filter(|(_, value, usual)| *value != usual);
    let mut fields: Vec<Field> = said
        .map(|(key, value, _)| shown(key, value.as_str()))
        .collect();
    if !settings.address.is_empty() {
        let parts = settings.address.parts().into_iter();
        let parts = parts.filter(|(_, part)| !part.is_empty());
        let parts = parts.map(|(key, part)| (key.to_owned(), Value::from(part)));
        fields.push(shown("address", Table::from_iter(parts)));
    }
    fields
}

/// What must hold for trunks and routes.
pub(super) fn check_trunks(site: &Site, findings: &mut Vec<Finding>) {
    for (name, trunk) in &site.trunks {
        check_name(site, name, findings);
        let name = name.as_str();
        if !site.classes.contains_key(&trunk.class) {
            let known = site.classes.keys().map(|name| name.as_str());
            let path = ["trunk", name, "class"];
            findings.push(unresolved(
                &path,
                "class_of_service",
                trunk.class.as_str(),
                known,
            ));
        }
        let caller_number = trunk.caller_number.as_deref().unwrap_or("0");
        for (key, number) in [
            ("number_prefix", trunk.number_prefix.as_str()),
            ("caller_number", caller_number),
            ("caller_prepend", &trunk.caller_prepend),
        ] {
            check_number(&["trunk", name, key], number, findings);
        }
        for (number, dn) in &trunk.numbers {
            let path = ["trunk", name, "numbers", number];
            check_number(&path, number, findings);
            check_number(&path, dn.as_str(), findings);
        }
    }
    for (name, route) in &site.routes {
        check_route(site, name, route, findings);
    }
    check_numbering(&site.settings.numbering, findings);
    for (name, phone) in &site.phones {
        if let Some(number) = &phone.emergency_number {
            let path = ["phone", name.as_str(), "emergency_number"];
            check_number(&path, number.as_str(), findings);
        }
    }
}

fn check_name(site: &Site, name: &PhoneName, findings: &mut Vec<Finding>) {
    let path = ["trunk", name.as_str()];
    if !is_phone_name(name.as_str()) {
        findings.push(Finding::about_key(
            &path,
            "a trunk's name is 1 to 64 letters a-z and A-Z, digits, '-', '_' and '.'",
            "Choose another name",
        ));
    }
    let owner = match name.as_str() {
        name if site.phones.contains_key(name) => "phone",
        name if site.users.contains_key(name) => "user",
        _ => return,
    };
    findings.push(Finding::about_key(
        &path,
        format!("there is a {owner} of this name already"),
        "Give trunks names that no phone and no user has",
    ));
}

fn check_route(site: &Site, name: &str, route: &Route, findings: &mut Vec<Finding>) {
    if route.prefix.is_empty() {
        findings.push(Finding::new(
            &["route", name, "prefix"],
            "this would be every number",
            "Write what the numbers begin with, such as \"0\" or \"+\"",
        ));
    }
    check_number(&["route", name, "prefix"], &route.prefix, findings);
    check_number(&["route", name, "prepend"], &route.prepend, findings);
    if route.trunks.is_empty() {
        findings.push(Finding::new(
            &["route", name, "trunks"],
            "this route has no trunks: calls to its numbers fail",
            "Name the trunks to be tried, in order",
        ));
    }
    for (place, trunk) in route.trunks.iter().enumerate() {
        let path = ["route", name, "trunks", &place.to_string()];
        if !site.is_trunk(trunk) {
            let known = site.trunks.keys().map(|name| name.as_str());
            findings.push(unresolved(&path, "trunk", trunk.as_str(), known));
        } else if route.trunks[..place].contains(trunk) {
            let what = format!("{:?} is named twice", trunk.as_str());
            findings.push(Finding::new(&path, what, "Name each trunk once"));
        }
    }
    let mut others = site.routes.iter();
    let same = others.find(|(other, it)| it.prefix == route.prefix && other.as_str() < name);
    if let Some((other, _)) = same {
        findings.push(Finding::new(
            &["route", name, "prefix"],
            format!("the route {other} has this prefix already"),
            "Name the trunks of both in one route",
        ));
    }
    if route.e164 && site.settings.numbering.country_code.is_empty() {
        findings.push(Finding::new(
            &["route", name, "e164"],
            "nobody has said in which country this is",
            "Add country_code = \"…\" to [site]",
        ));
    }
}

/// Digits, perhaps with a plus before them. There may be none.
fn check_number(path: &[&str], number: &str, findings: &mut Vec<Finding>) {
    let digits = number.strip_prefix('+').unwrap_or(number);
    let is_right = digits.len() <= 32 && digits.bytes().all(|b| b.is_ascii_digit());
    if !is_right {
        findings.push(Finding::new(
            path,
            format!("{number:?} is no number"),
            "Write up to 32 digits, perhaps with a + before them",
        ));
    }
}

fn check_numbering(numbering: &Numbering, findings: &mut Vec<Finding>) {
    for (key, digits) in [
        ("country_code", &numbering.country_code),
        ("area_code", &numbering.area_code),
        ("national_prefix", &numbering.national_prefix),
        ("international_prefix", &numbering.international_prefix),
    ] {
        if digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            findings.push(Finding::new(
                &["site", key],
                format!("{digits:?} are no digits"),
                "Write up to 8 digits, without a +",
            ));
        }
    }
}

/// What is allowed of trunks, but probably not meant.
pub(super) fn lint_trunks(site: &Site, findings: &mut Vec<Finding>) {
    let used = site.routes.values().flat_map(|route| &route.trunks);
    let used: BTreeSet<&PhoneName> = used.chain(site.emergency.values().flatten()).collect();
    let known = known_numbers(site);
    for (name, trunk) in &site.trunks {
        if !used.contains(name) {
            findings.push(Finding::about_key(
                &["trunk", name.as_str()],
                "no route and no emergency number names this trunk: no call goes out by it",
                "Name it in [route.…], or take it away",
            ));
        }
        for (number, dn) in &trunk.numbers {
            if !known.contains(dn) {
                findings.push(nowhere(&["trunk", name.as_str(), "numbers", number], dn));
            }
        }
    }
}
