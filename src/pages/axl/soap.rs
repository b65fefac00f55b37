//! SOAP 1.1: requests out of their envelopes, responses and faults into theirs.

use super::super::code::Code;
use super::super::objects::cut;
use super::super::request::Reply;
use super::super::tree::Element;
use super::super::xml::Writer;

/// What an envelope is.
const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// What the name of each version begins with.
const AXL: &str = "http://www.cisco.com/AXL/API/";

/// The version for whoever does not say which.
const USUAL: &str = "12.5";

/// The longest name of a version that is repeated.
const LONGEST: usize = 64;

/// What somebody asks for.
#[derive(Debug)]
pub(super) struct Call {
    /// In which version it is said, and will be answered.
    pub namespace: String,
    /// The request.
    pub body: Element,
}

impl Call {
    /// Takes a request out of its envelope.
    pub fn read(text: &str) -> Result<Call, Fault> {
        let root = Element::parse(text);
        let mut root = root.map_err(|_| Fault::client("This is not XML, or too much".into()))?;
        if root.name != "envelope" || namespace_of(&[&root]).is_none_or(|said| said != ENVELOPE) {
            return Err(Fault {
                who: "VersionMismatch",
                ..Fault::client("This is no envelope of SOAP 1.1".into())
            });
        }
        let at = root.children.iter().position(|child| child.name == "body");
        let mut body = root.children.remove(at.ok_or_else(empty)?);
        let request = body.children.first().ok_or_else(empty)?;
        let said = namespace_of(&[request, &body, &root]).unwrap_or_default();
        let is_ours = said.starts_with(AXL) && said.len() <= LONGEST;
        let namespace = match is_ours {
            true => said.to_owned(),
            false => format!("{AXL}{USUAL}"),
        };
        Ok(Call {
            namespace,
            body: body.children.remove(0),
        })
    }

    /// In which version it is said.
    pub fn version(&self) -> &str {
        self.namespace.strip_prefix(AXL).unwrap_or(USUAL)
    }

    /// The text of an element that must be there.
    pub fn needed(&self, name: &str) -> Result<&str, Fault> {
        let text = self.body.text_of(&name.to_ascii_lowercase());
        let text = text.filter(|text| !text.is_empty());
        text.ok_or_else(|| Fault::missing(name))
    }
}

fn empty() -> Fault {
    Fault::client("There is nothing in this envelope".into())
}

/// What the prefix of the first element stands for there, inside of the others.
fn namespace_of<'a>(elements: &[&'a Element]) -> Option<&'a str> {
    let declaration = match elements.first()?.prefix.as_str() {
        "" => "xmlns".to_owned(),
        prefix => format!("xmlns:{prefix}"),
    };
    let mut said = elements.iter().map(|e| e.attribute(&declaration));
    said.find_map(|said| said)
}

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Whose fault it is, in the words of SOAP.
    who: &'static str,
    /// The status of HTTP.
    status: u16,
    /// By number.
    code: i32,
    /// In words.
    text: String,
}

impl Fault {
    /// What was asked cannot be answered.
    pub fn client(text: String) -> Fault {
        Fault {
            who: "Client",
            // SOAP 1.1 §6.2 has this one for every fault.
            status: 500,
            code: -1,
            text,
        }
    }

    /// It cannot be done, for a reason that has no number.
    pub fn server(text: String) -> Fault {
        Fault {
            who: "Server",
            ..Fault::client(text)
        }
    }

    /// An element is missing.
    pub fn missing(name: &str) -> Fault {
        Fault::client(format!("{name} is missing, and needed"))
    }

    /// There is no such thing. The words are those that tools look for.
    pub fn not_found(what: &str) -> Fault {
        Fault {
            code: 5007,
            ..Fault::client(format!(
                "Item not valid: The specified {what} was not found"
            ))
        }
    }

    /// More was found than is answered at once.
    pub fn too_many(found: usize, most: usize) -> Fault {
        Fault::client(format!(
            "Query request too large. Total rows matched: {found} rows. Suggested row fetch: less than {most} rows"
        ))
    }

    /// It is forbidden, or something stands in its way.
    pub fn refused(code: Code) -> Fault {
        Fault {
            who: "Server",
            code: code.0.into(),
            ..Fault::client(format!("{} ({})", code.words(), code.0))
        }
    }

    /// Too much is going on.
    pub fn busy() -> Fault {
        Fault {
            status: 503,
            ..Fault::refused(Code::BUSY)
        }
    }
}

/// A fault as it is said. The request is what it is about.
pub(super) fn fault(namespace: &str, request: &str, fault: &Fault) -> Reply {
    let body = envelope(|w| {
        w.element("soapenv:Fault", |w| {
            w.text("faultcode", &format!("soapenv:{}", fault.who));
            w.text("faultstring", &fault.text);
            w.element("detail", |w| {
                let namespace: &[_] = match namespace {
                    "" => &[],
                    said => &[("xmlns:axl", said)],
                };
                w.with("axlError", namespace, |w| {
                    w.text("axlcode", &fault.code.to_string());
                    w.text("axlmessage", &fault.text);
                    w.text("request", &cut(request, 64));
                });
            });
        });
    });
    let mut reply = reply(fault.status, body);
    if fault.status == 503 {
        reply.headers.push(("Retry-After", "1".to_owned()));
    }
    reply
}

/// What is answered.
#[derive(Debug)]
pub(super) struct Response {
    /// To what.
    request: &'static str,
    inside: Writer,
}

impl Response {
    /// To a request.
    pub fn to(request: &'static str) -> Response {
        Response {
            request,
            inside: Writer::part(),
        }
    }

    /// It was done.
    pub fn done(&mut self) {
        self.inside.text("return", "true");
    }

    /// This was found.
    pub fn returned(&mut self, inside: impl FnOnce(&mut Writer)) {
        self.inside.element("return", inside);
    }

    /// The answer in its envelope.
    pub fn reply(self, namespace: &str) -> Reply {
        let name = format!("ns:{}Response", self.request);
        let body = envelope(|w| w.with(&name, &[("xmlns:ns", namespace)], |w| w.add(self.inside)));
        reply(200, body)
    }
}

fn envelope(inside: impl FnOnce(&mut Writer)) -> String {
    let mut writer = Writer::compact();
    writer.with("soapenv:Envelope", &[("xmlns:soapenv", ENVELOPE)], |w| {
        w.element("soapenv:Body", inside);
    });
    writer.finish()
}

fn reply(status: u16, body: String) -> Reply {
    Reply {
        status,
        content_type: "text/xml; charset=utf-8",
        headers: Vec::new(),
        body: body.into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, String), Fault> {
        let call = Call::read(text)?;
        Ok((call.version().to_owned(), call.body.name))
    }

    #[test]
    fn a_request_is_found_in_whatever_prefixes_and_versions() {
        let pair = |version: &str, name: &str| Ok((version.to_owned(), name.to_owned()));
        let table = [
            (
                "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' xmlns:ns='http://www.cisco.com/AXL/API/8.5'>\
                 <s:Header/><s:Body><ns:getPhone sequence='?'><name>x</name></ns:getPhone></s:Body></s:Envelope>",
                pair("8.5", "getphone"),
            ),
            (
                "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body>\
                 <listUser xmlns='http://www.cisco.com/AXL/API/15.0'/></Body></Envelope>",
                pair("15.0", "listuser"),
            ),
            (
                "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body><listUser/></Body></Envelope>",
                pair("12.5", "listuser"),
            ),
        ];
        for (text, expected) in table {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_envelope_is_told_why() {
        let of_1_2 = "<Envelope xmlns='http://www.w3.org/2003/05/soap-envelope'><Body><a/></Body></Envelope>";
        let bomb = "<!DOCTYPE a [<!ENTITY x 'y'>]><Envelope/>";
        let empty =
            "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body/></Envelope>";
        let headless = "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'/>";
        let why = |text: &str| read(text).map_err(|fault| (fault.who, fault.text)).err();
        let said = |who, text: &str| Some((who, text.to_owned()));
        assert_eq!(
            why(of_1_2),
            said("VersionMismatch", "This is no envelope of SOAP 1.1")
        );
        for broken in ["", "<a>", bomb] {
            assert_eq!(why(broken), said("Client", "This is not XML, or too much"));
        }
        for nothing in [empty, headless] {
            assert_eq!(
                why(nothing),
                said("Client", "There is nothing in this envelope")
            );
        }
    }
}
