//! Cisco's phones that speak SIP: what each of them can be told outside of calls, by what it calls itself.

/// How a phone is told what is for its browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// By a REFER, as CallManager does it.
    ByRefer,
    /// At its web server.
    AtItsWebServer,
}

/// What phones that speak SIP as to CallManager begin their names with, and those of the other firmwares end with.
const ENTERPRISE: &str = "Cisco-CP";
const MULTIPLATFORM: &str = "-3PCC";

/// Models of the enterprise firmware that know less than their kin: the first SIP firmware knows no such REFER.
const EXCEPTIONS: &[(&str, Option<Told>)] = &[
    ("7905", None),
    ("7912", None),
    ("7940", Some(Told::AtItsWebServer)),
    ("7960", Some(Told::AtItsWebServer)),
];

/// How a phone that calls itself so is told; none if it has no browser.
pub(super) fn told(user_agent: &str) -> Option<Told> {
    // What the first firmware calls itself before version 8.
    if user_agent.starts_with("CSCO/") {
        return Some(Told::AtItsWebServer);
    }
    let model = user_agent.strip_prefix(ENTERPRISE)?;
    let model = model.split('/').next().unwrap_or_default();
    if model.ends_with(MULTIPLATFORM) {
        return Some(Told::AtItsWebServer);
    }
    let exception = EXCEPTIONS
        .iter()
        .find(|(known, _)| model.starts_with(known));
    exception.map_or(Some(Told::ByRefer), |(_, told)| *told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_model_is_told_in_its_way() {
        let cases = [
            ("Cisco-CP8861/14.2.1", Some(Told::ByRefer)),
            ("Cisco-CP7975G/9.4.2", Some(Told::ByRefer)),
            ("Cisco-CP7961GE/9.4.2", Some(Told::ByRefer)),
            ("Cisco-CP7960G/8.0", Some(Told::AtItsWebServer)),
            ("Cisco-CP7940G/8.0", Some(Told::AtItsWebServer)),
            ("CSCO/7", Some(Told::AtItsWebServer)),
            ("Cisco-CP-8861-3PCC/11.3.1", Some(Told::AtItsWebServer)),
            ("Cisco-CP7905/8.0.1-060412A", None),
            ("Yealink SIP-T46U 108.86.0.20", None),
            ("baresip v3.14.0 (x86_64/Linux)", None),
            ("", None),
        ];
        for (user_agent, expected) in cases {
            assert_eq!(told(user_agent), expected, "{user_agent}");
        }
    }
}
