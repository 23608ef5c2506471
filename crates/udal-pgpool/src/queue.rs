//! Who has a connection, who waits for one, and whose turn is next.
//!
//! Plain bookkeeping without IO, held under one lock by [`Pools`](crate::pool::Pools). A connection that comes back goes to
//! whoever's turn it is: places that wait take turns, and within a place whoever came first is first. What is idle elsewhere
//! is closed for who waits.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use udal_core::Error;

pub(crate) use self::parts::{Grant, Limits, Taken};
use self::parts::{Idle, Lack, Load, Stock};
use crate::{Place, ServerName};

mod parts;

/// Who has what, and who waits for what.
pub(crate) struct Queue<C> {
    limits: Limits,
    stocks: HashMap<Place, Stock<C>>,
    servers: HashMap<ServerName, Load>,
    /// The places that wait, the next first; each once.
    turns: VecDeque<Place>,
    /// Where what is idle is, the longest first.
    idle: BTreeMap<u64, Place>,
    /// The open connections by number, and whether each is being closed.
    open: HashMap<u64, bool>,
    opening: usize,
    closing: usize,
    waiting: usize,
    last_number: u64,
    /// What is to be dropped once the lock is given back.
    dropped: Vec<C>,
}

impl<C> Queue<C> {
    pub(crate) fn new(limits: Limits) -> Self {
        Queue {
            limits,
            stocks: HashMap::new(),
            servers: HashMap::new(),
            turns: VecDeque::new(),
            idle: BTreeMap::new(),
            open: HashMap::new(),
            opening: 0,
            closing: 0,
            waiting: 0,
            last_number: 0,
            dropped: Vec::new(),
        }
    }

    /// Connections that are open, being opened or being closed.
    pub(crate) fn held(&self) -> usize {
        self.open.len() + self.opening
    }

    pub(crate) fn idle(&self) -> usize {
        self.idle.len()
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// The same as [`held`](Queue::held), on one server.
    pub(crate) fn held_on(&self, server: &ServerName) -> usize {
        self.load(server).held
    }

    fn load(&self, server: &ServerName) -> Load {
        self.servers.get(server).copied().unwrap_or_default()
    }

    /// How many places something is kept of.
    pub(crate) fn places(&self) -> usize {
        self.stocks.len()
    }

    /// What is to be dropped after the lock was given back.
    pub(crate) fn take_dropped(&mut self) -> Vec<C> {
        std::mem::take(&mut self.dropped)
    }

    /// Asks for a connection to `place`.
    pub(crate) fn take(&mut self, place: &Place) -> Taken<C> {
        let ahead = self.stocks.get(place).map_or(0, |stock| stock.waiting.len());
        if ahead == 0
            && let Ok(grant) = self.serve(place)
        {
            return Taken::Granted(grant);
        }
        if self.waiting >= self.limits.waiting || ahead >= self.limits.waiting_per_place {
            return Taken::Full;
        }
        let (sender, receiver) = oneshot::channel();
        let number = self.number();
        self.stocks.entry(place.clone()).or_default().waiting.insert(number, sender);
        self.waiting += 1;
        if ahead == 0 {
            self.turns.push_back(place.clone());
        }
        self.dispatch();
        Taken::Waits(number, receiver)
    }

    /// Takes one who waits out of the queue; answers false where the grant was made already.
    pub(crate) fn leave(&mut self, place: &Place, number: u64) -> bool {
        let Some(stock) = self.stocks.get_mut(place) else { return false };
        if stock.waiting.remove(&number).is_none() {
            return false;
        }
        self.waiting -= 1;
        if stock.waiting.is_empty() {
            self.turns.retain(|waiting| waiting != place);
        }
        self.tidy(place);
        true
    }

    /// A connection was opened, and is in use.
    pub(crate) fn opened(&mut self, place: &Place, id: u64) {
        self.opening -= 1;
        self.load_mut(place).opening -= 1;
        self.open.insert(id, false);
        self.dispatch();
    }

    /// A connection could not be opened.
    pub(crate) fn not_opened(&mut self, place: &Place) {
        self.opening -= 1;
        let load = self.load_mut(place);
        load.opening -= 1;
        load.held -= 1;
        self.leave_seat(place);
    }

    /// A connection comes back from use.
    pub(crate) fn give_back(&mut self, place: &Place, id: u64, connection: C) {
        let is_current = self.stocks.get(place).is_some_and(|stock| stock.closed_below <= id);
        if !is_current || !self.open.contains_key(&id) {
            return self.discard(place, id, connection);
        }
        let turn = self.number();
        let stock = self.stocks.entry(place.clone()).or_default();
        stock.idle.push_back(Idle { turn, id, since: Instant::now(), connection });
        self.idle.insert(turn, place.clone());
        self.leave_seat(place);
    }

    /// A connection comes back that nobody can use any more.
    pub(crate) fn discard(&mut self, place: &Place, id: u64, connection: C) {
        self.close(place, id, connection);
        self.leave_seat(place);
    }

    /// A connection has ended: its part of the budget is free.
    pub(crate) fn ended(&mut self, place: &Place, id: u64) {
        let Some(was_closing) = self.open.remove(&id) else { return };
        let load = self.load_mut(place);
        load.held -= 1;
        if was_closing {
            load.closing -= 1;
            self.closing -= 1;
        } else if let Some(stock) = self.stocks.get_mut(place)
            && let Some(at) = stock.idle.iter().position(|idle| idle.id == id)
            && let Some(idle) = stock.idle.remove(at)
        {
            // The server closed it.
            self.idle.remove(&idle.turn);
            self.dropped.push(idle.connection);
        }
        self.tidy(place);
        self.dispatch();
    }

    /// Closes what is idle at `place`, and later what is in use.
    pub(crate) fn close_all(&mut self, place: &Place) {
        let number = self.number();
        let Some(stock) = self.stocks.get_mut(place) else { return };
        stock.closed_below = number;
        for Idle { turn, id, connection, .. } in std::mem::take(&mut stock.idle) {
            self.idle.remove(&turn);
            self.close(place, id, connection);
        }
        self.tidy(place);
    }

    /// Closes what has been idle for longer than `timeout`.
    pub(crate) fn reap(&mut self, timeout: Duration) {
        while let Some((_, place)) = self.idle.first_key_value() {
            let longest = self.stocks.get(place).and_then(|stock| stock.idle.front());
            if longest.is_some_and(|idle| idle.since.elapsed() < timeout) || !self.evict(|_| true) {
                break;
            }
        }
    }

    /// Sends away everyone who waits for a place on `server`.
    pub(crate) fn refuse(&mut self, server: &ServerName, reason: impl Fn() -> Error) {
        let turns = std::mem::take(&mut self.turns).into_iter();
        let (refused, kept): (Vec<Place>, Vec<Place>) = turns.partition(|place| place.server() == server);
        self.turns = kept.into();
        for place in refused {
            let Some(stock) = self.stocks.get_mut(&place) else { continue };
            for (_, sender) in std::mem::take(&mut stock.waiting) {
                self.waiting -= 1;
                // Whoever waits leaves the queue before it goes away.
                let _ = sender.send(Grant::Refused(reason()));
            }
            self.tidy(&place);
        }
    }

    /// Grants to whoever's turn it is, for as long as there is something to grant; closes what is idle for the others.
    fn dispatch(&mut self) {
        let mut coming = self.closing;
        let mut at = 0;
        while let Some(place) = self.turns.get(at).cloned() {
            match self.serve(&place) {
                Ok(grant) => {
                    self.turns.remove(at);
                    self.grant(&place, grant);
                }
                Err(Lack::Turn) => at += 1,
                Err(Lack::OnServer) => {
                    if self.load(place.server()).closing == 0 {
                        self.evict(|idle| idle.server() == place.server());
                    }
                    at += 1;
                }
                Err(Lack::Everywhere) => {
                    let wanted = self.wanted(&place);
                    let met = coming.min(wanted);
                    coming -= met;
                    if !(met..wanted).all(|_| self.evict(|_| true)) {
                        break;
                    }
                    at += 1;
                }
            }
        }
    }

    /// How many more connections those who wait for `place` could use now.
    fn wanted(&self, place: &Place) -> usize {
        let stock = self.stocks.get(place);
        stock.map_or(0, |stock| stock.waiting.len().min(self.limits.per_place.saturating_sub(stock.used)))
    }

    fn grant(&mut self, place: &Place, grant: Grant<C>) {
        let Some(stock) = self.stocks.get_mut(place) else { return };
        let Some((_, sender)) = stock.waiting.pop_first() else { return };
        self.waiting -= 1;
        if !stock.waiting.is_empty() {
            self.turns.push_back(place.clone());
        }
        // Whoever waits leaves the queue before it goes away.
        let _ = sender.send(grant);
    }

    /// Takes a seat at `place`, with a connection or the right to open one.
    fn serve(&mut self, place: &Place) -> Result<Grant<C>, Lack> {
        let limits = self.limits;
        let (used, newest) = match self.stocks.get_mut(place) {
            Some(stock) if stock.used >= limits.per_place => return Err(Lack::Turn),
            Some(stock) => (&mut stock.used, stock.idle.pop_back()),
            None => (&mut self.stocks.entry(place.clone()).or_default().used, None),
        };
        if let Some(Idle { turn, connection, .. }) = newest {
            *used += 1;
            self.idle.remove(&turn);
            return Ok(Grant::Connection(connection));
        }
        let load = self.servers.entry(place.server().clone()).or_default();
        let lack = if load.held >= limits.per_server {
            Lack::OnServer
        } else if self.open.len() + self.opening >= limits.total {
            Lack::Everywhere
        } else if load.opening >= limits.opening_per_server {
            Lack::Turn
        } else {
            *used += 1;
            load.held += 1;
            load.opening += 1;
            self.opening += 1;
            return Ok(Grant::MayOpen(self.number()));
        };
        self.tidy(place);
        Err(lack)
    }

    /// Closes what has been idle longest at a place that `may_go`; answers false where nothing is.
    fn evict(&mut self, may_go: impl Fn(&Place) -> bool) -> bool {
        let Some((turn, place)) = self.idle.iter().find(|(_, place)| may_go(place)) else { return false };
        let (turn, place) = (*turn, place.clone());
        self.idle.remove(&turn);
        if let Some(Idle { id, connection, .. }) = self.stocks.get_mut(&place).and_then(|stock| stock.idle.pop_front())
        {
            self.close(&place, id, connection);
        }
        self.tidy(&place);
        true
    }

    fn close(&mut self, place: &Place, id: u64, connection: C) {
        if let Some(closing @ false) = self.open.get_mut(&id) {
            *closing = true;
            self.closing += 1;
            self.load_mut(place).closing += 1;
        }
        self.dropped.push(connection);
    }

    fn leave_seat(&mut self, place: &Place) {
        if let Some(stock) = self.stocks.get_mut(place) {
            stock.used -= 1;
        }
        self.tidy(place);
        self.dispatch();
    }

    /// Forgets a place that nothing is kept of.
    fn tidy(&mut self, place: &Place) {
        let is_empty = |stock: &Stock<C>| stock.used == 0 && stock.idle.is_empty() && stock.waiting.is_empty();
        if self.stocks.get(place).is_some_and(is_empty) {
            self.stocks.remove(place);
        }
    }

    fn load_mut(&mut self, place: &Place) -> &mut Load {
        self.servers.entry(place.server().clone()).or_default()
    }

    fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }
}

#[cfg(test)]
mod tests;
