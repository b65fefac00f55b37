//! The ways to trunks: names are resolved, and our own address towards each is found, now and then.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::flows::without_scope;
use super::serve::Server;
use super::supervise::supervise;
use super::udp::address_towards;
use crate::exchange::Input;
use crate::pbx::{Over, TrunkAddress};
use crate::sip::{Flow, Transport, TrunkPaths};

/// How often it is looked whether the site has other trunks.
const LOOK: Duration = Duration::from_secs(1);

/// In how many looks names are resolved again, and our own addresses found again.
const AGAIN: u64 = 60;

/// How long the resolver may take for one name.
const PATIENCE: Duration = Duration::from_secs(5);

/// A name may mean so many addresses.
const MOST: usize = 8;

/// Begins to look for ways.
pub fn start(server: Server) {
    supervise("finding the ways to trunks", move || look(server.clone()));
}

async fn look(server: Server) {
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut seen, mut told) = (None, TrunkPaths::new());
    for round in 0u64.. {
        ticks.tick().await;
        let current = server.sites.current();
        let is_news = seen != Some(current.revision);
        if !is_news && round % AGAIN != 0 {
            continue;
        }
        seen = Some(current.revision);
        let trunks = current.site.trunks.values();
        let mut paths = TrunkPaths::new();
        for address in trunks.flat_map(|trunk| &trunk.addresses) {
            let before = told.get(address);
            let found = paths_to(&server, address).await;
            // A resolver that fails for a moment takes nobody's trunk away.
            let found = found.or_else(|| before.cloned()).unwrap_or_default();
            if found.is_empty() && before.is_none() {
                tracing::warn!(%address, "no way to a trunk was found; correct its address, or the name server");
            }
            paths.insert(address.clone(), found);
        }
        if paths != told {
            told = paths.clone();
            server.intake.tell(Input::TrunkPaths(paths)).await;
        }
    }
}

async fn paths_to(server: &Server, address: &TrunkAddress) -> Option<Vec<Flow>> {
    let transport = match address.over {
        Over::Udp => Transport::Udp,
        Over::Tcp => Transport::Tcp,
        Over::Tls => Transport::Tls,
    };
    let port = address.port.unwrap_or(transport.default_port());
    let hosts: Vec<SocketAddr> = match address.host.parse::<IpAddr>() {
        Ok(ip) => vec![SocketAddr::new(ip, port)],
        Err(_) => {
            let found = timeout(PATIENCE, lookup_host((address.host.as_str(), port))).await;
            found.ok()?.ok()?.take(MOST).collect()
        }
    };
    let ways = hosts.into_iter().filter_map(|remote| {
        let local = local_towards(server, transport, remote)?;
        Some(Flow {
            transport,
            local,
            remote: without_scope(remote),
            connection: 0,
        })
    });
    Some(ways.collect())
}

/// The address of ours that a peer is to answer to: one that we listen at.
fn local_towards(server: &Server, transport: Transport, remote: SocketAddr) -> Option<SocketAddr> {
    let settings = &server.settings;
    let listening = match transport {
        Transport::Udp => settings.sip_addresses(),
        _ => {
            let all = settings.stream_addresses().into_iter();
            let mut mine = all.filter(|(kind, _)| *kind == transport);
            mine.next().map(|(_, at)| at).unwrap_or_default()
        }
    };
    let usual = address_towards(remote).ok()?;
    let mut fitting = listening
        .into_iter()
        .filter(|at| at.is_ipv4() == remote.is_ipv4());
    let fits = |at: &SocketAddr| at.ip() == usual || at.ip().is_unspecified();
    let at = fitting.clone().find(fits).or_else(|| fitting.next())?;
    let ip = match at.ip().is_unspecified() {
        true => usual,
        false => at.ip(),
    };
    Some(SocketAddr::new(ip, at.port()))
}
