//! What RFC 4475 and RFC 5118 want done with each of their messages, and why Perch does what it does where they
//! leave a choice.

/// What a standard wants.
#[derive(Clone, Debug)]
pub enum Wants {
    /// It is a good message: what is answered depends on who and what is asked, but it is not "bad request".
    Understood,
    /// One of these answers.
    Answer(Vec<u16>),
    /// One of these answers, or going on as if nothing were wrong.
    AnswerOrLeniency(Vec<u16>),
    /// No answer: it is a response. Whether it is understood does not show.
    Silence,
}

/// One message of a standard.
#[derive(Clone, Debug)]
pub struct Case {
    /// As the standard calls it, and the name of the fixture.
    pub name: &'static str,
    pub section: &'static str,
    /// What is wanted, in words and as it is judged.
    pub wanted: &'static str,
    pub wants: Wants,
    /// What it is about, and why Perch answers so where there is a choice.
    pub about: &'static str,
}

/// The cases of a standard, by section.
pub fn cases(rfc: &str) -> Vec<Case> {
    let table = match rfc {
        "rfc4475" => RFC_4475,
        "rfc5118" => RFC_5118,
        other => panic!("no cases of {other}"),
    };
    table.trim().lines().map(case).collect()
}

fn case(row: &'static str) -> Case {
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    let [name, section, wanted, about] = cells[..] else {
        panic!("four cells: {row}");
    };
    let statuses = wanted.split(" or ").filter_map(|s| s.parse().ok());
    let wants = match wanted {
        "understood" => Wants::Understood,
        "silence" => Wants::Silence,
        lenient if lenient.ends_with("leniency") => Wants::AnswerOrLeniency(statuses.collect()),
        _ => Wants::Answer(statuses.collect()),
    };
    Case {
        name,
        section,
        wanted,
        wants,
        about,
    }
}

const RFC_4475: &str = "
wsinv                         | 3.1.1.1  | understood         | white space and folds everywhere; its To tag names no call: 481
intmeth                       | 3.1.1.2  | 405 or 501         | every character that a token may have
esc01                         | 3.1.1.3  | understood         | escapes in URIs; nobody has that number: 404
escnull                       | 3.1.1.4  | understood         | %00 in user parts, two contacts
esc02                         | 3.1.1.5  | 405 or 501         | escapes where they mean nothing: not a REGISTER
lwsdisp                       | 3.1.1.6  | 200                | a display name right before its <
longreq                       | 3.1.1.7  | understood         | long values and 34 Vias; nobody has that number: 404
dblreq                        | 3.1.1.8  | understood         | another request after the end of a datagram's message
semiuri                       | 3.1.1.9  | 200                | a semicolon in a user part
transports                    | 3.1.1.10 | 200                | transports that nobody has heard of
mpart01                       | 3.1.1.11 | understood         | a binary body in parts; nobody has that number: 404
unreason                      | 3.1.1.12 | silence            | a reason phrase in another script
noreason                      | 3.1.1.13 | silence            | an empty reason phrase
badinv01                      | 3.1.2.1  | 400                | separators with nothing between them
clerr                         | 3.1.2.2  | 400                | a Content-Length beyond the datagram
ncl                           | 3.1.2.3  | 400                | a negative Content-Length
scalar02                      | 3.1.2.4  | 400                | numbers that are too large, in a request
scalarlg                      | 3.1.2.5  | silence            | numbers that are too large, in a response
quotbal                       | 3.1.2.6  | 400                | a quote that is not closed
ltgtruri                      | 3.1.2.7  | 400 or leniency    | a Request-URI in angle brackets; not guessed at
lwsruri                       | 3.1.2.8  | 400 or leniency    | white space in a Request-URI; not guessed at
lwsstart                      | 3.1.2.9  | 400 or leniency    | too much space in a request line; not guessed at
trws                          | 3.1.2.10 | 400 or leniency    | space after a request line; not guessed at
escruri                       | 3.1.2.11 | 400 or leniency    | headers in a Request-URI; not guessed at
baddate                       | 3.1.2.12 | 400 or leniency    | a Date of another zone; nothing here reads it, so: 404
regbadct                      | 3.1.2.13 | 400                | a Contact with ? and without angle brackets
badaspec                      | 3.1.2.14 | 400 or leniency    | spaces inside angle brackets; not guessed at
baddn                         | 3.1.2.15 | 400 or leniency    | a comma in a display name without quotes; not guessed at
badvers                       | 3.1.2.16 | 505                | another version
mismatch01                    | 3.1.2.17 | 400                | CSeq names another method
mismatch02                    | 3.1.2.18 | 400 or 501         | CSeq names another method, and the method is unknown
bigcode                       | 3.1.2.19 | silence            | a status that does not fit
badbranch                     | 3.2.1    | 400 or leniency    | a branch of the magic cookie alone; no state is kept for it
insuf                         | 3.3.1    | 400                | no From, no To, no Call-ID
unkscm                        | 3.3.2    | 416                | a scheme that nobody knows
novelsc                       | 3.3.3    | 416                | a known scheme that is not for calls
unksm2                        | 3.3.4    | 400 or 403 or 404  | other schemes in To, From and Contact; not the phone's own address: 403
bext01                        | 3.3.5    | 420                | extensions that nobody supports
invut                         | 3.3.6    | 415                | a body that nobody can read
regaut01                      | 3.3.7    | 401                | credentials of an unknown scheme
multi01                       | 3.3.8    | 400                | headers twice that may stand once
mcl01                         | 3.3.9    | 400                | two lengths
bcast                         | 3.3.10   | silence            | a response with somebody else's Via
zeromf                        | 3.3.11   | 200 or 483         | no hop left, but none needed: 200
cparam01                      | 3.3.12   | 200                | a parameter of the Contact header
cparam02                      | 3.3.13   | 200                | a parameter of the contact's URI
regescrt                      | 3.3.14   | 200                | a header in the contact's URI
sdp01                         | 3.3.15   | 406                | a caller that takes no SDP
inv2543                       | 3.4.1    | understood         | RFC 2543's ways; nobody has that number: 404
";

const RFC_5118: &str = "
ipv6-good                     | 4.1      | 200                | an address in brackets
ipv6-bad                      | 4.2      | 400                | an address without brackets
port-ambiguous                | 4.3      | 200                | what looks like a port is part of the address
port-unambiguous              | 4.4      | 200                | an address and a port
via-received-with-brackets    | 4.5      | 200                | received= with brackets
via-received-without-brackets | 4.5      | 200                | received= without brackets
ipv6-in-sdp                   | 4.6      | understood         | an address in the body; nobody has that number: 404
several-in-headers            | 4.7      | 200                | both kinds of addresses in Vias
several-in-sdp                | 4.8      | understood         | both kinds of addresses in the body; nobody has that number: 404
ipv4-mapped                   | 4.9      | understood         | IPv4 addresses in IPv6 form; nobody has that number: 404
three-colons                  | 4.10     | 200                | a colon too many, which RFC 3261's grammar allowed
two-colons                    | 4.10     | 200                | the same as it should be
";
