//! Two honest phones on a stream transport, beside those that are there by datagrams.

use std::fmt::Write;
use std::net::Ipv4Addr;

use rsip::Method;

use crate::built_server::Perch;
use crate::wire_phone::{Over, Phone};

/// The transports that are streams.
pub const STREAMS: [Over; 4] = [Over::Tcp, Over::Tls, Over::Ws, Over::Wss];

pub struct Neighbours {
    near: Phone,
    far: Phone,
    over: Over,
}

impl Neighbours {
    /// Two that are connected.
    pub fn new(server: &Perch, over: Over) -> Neighbours {
        let at = server.at(Ipv4Addr::LOCALHOST.into(), over.port());
        let [near, far] = names(over).map(|name| Phone::new(&name, over, at));
        Neighbours { near, far, over }
    }

    /// Both register, and one calls the other, who answers.
    pub fn live(&mut self) {
        let Neighbours { near, far, over } = self;
        for phone in [&mut *near, &mut *far] {
            assert_eq!(phone.register().status(), Some(200), "{}", phone.name);
        }
        let mut calling = near.invite(&number(*over));
        let invite = far.expect(Method::Invite);
        far.answer(&invite);
        near.answered(&mut calling);
        near.send_request(Method::Bye, &mut calling, &[], b"");
        assert_eq!(near.final_answer().status(), Some(200), "{}", near.name);
        let bye = far.expect(Method::Bye);
        far.respond(&bye, 200, b"");
    }
}

/// What the site says of them.
pub fn site() -> String {
    STREAMS.iter().fold(String::new(), |mut site, over| {
        let number = number(*over);
        for (name, dn) in names(*over).iter().zip([format!("{number}9"), number]) {
            let written = write!(
                site,
                "[phone.{name}]\nlogout_profile = \"guest\"\nguest_dn = \"{dn}\"\npassword = \"{name}-secret\"\n"
            );
            written.expect("a String takes everything");
        }
        site
    })
}

fn names(over: Over) -> [String; 2] {
    ["near", "far"].map(|which| format!("{which}-{}", over.token().to_lowercase()))
}

/// The number of the far one.
pub fn number(over: Over) -> String {
    format!("9{}", over.port())
}
