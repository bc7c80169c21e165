//! A small server that behaves as badly as a test asks.

#![allow(dead_code)] // each test program uses a part

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{json, Value};

/// What is done with a request.
#[derive(Clone)]
pub enum Act {
    /// Answers with a status line, further headers and a body.
    Answer(u16, Vec<&'static str>, String),
    /// Sends nothing, and keeps the connection.
    Hang,
    /// Closes the connection without an answer.
    Close,
    /// Promises more of a body than it sends.
    HalfABody,
    /// Sends a body that never ends, a byte at a time.
    Trickle,
}

pub struct Server {
    pub address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

/// A request as it came.
#[derive(Clone)]
pub struct Request {
    pub head: String,
    pub body: Value,
}

impl Server {
    /// A server that does with its n-th request, from 0, what `act` says.
    pub fn start(act: impl Fn(usize) -> Act + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                if let Some(request) = read(&mut stream) {
                    let mut seen = seen.lock().unwrap();
                    seen.push(request);
                    let act = act(seen.len() - 1);
                    thread::spawn(move || perform(&act, stream));
                }
            }
        });
        Self { address, requests }
    }

    /// A server that answers each request with this status and body.
    pub fn answering(status: u16, body: impl ToString) -> Self {
        let body = body.to_string();
        Self::start(move |_| Act::Answer(status, vec![], body.clone()))
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").map_or(0, |value| value.parse().unwrap());
            if body.len() >= length {
                return Some(Request { head: head.to_owned(), body: serde_json::from_str(body).unwrap() });
            }
        }
        match stream.read(&mut piece).ok()? {
            0 => return None,
            n => bytes.extend_from_slice(&piece[..n]),
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }
}

fn perform(act: &Act, mut stream: TcpStream) {
    match act {
        Act::Answer(status, headers, body) => {
            let more: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
            let length = body.len();
            let head = format!("HTTP/1.1 {status} Any\r\ncontent-length: {length}\r\nconnection: close\r\n{more}\r\n");
            stream.write_all((head + body).as_bytes()).unwrap();
        }
        Act::Hang => thread::sleep(Duration::from_secs(60)),
        Act::Close => {}
        Act::HalfABody => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"regime\": ").unwrap(),
        Act::Trickle => {
            let mut going = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n");
            while going.is_ok() {
                thread::sleep(Duration::from_millis(20));
                going = stream.write_all(b" ");
            }
        }
    }
}

/// An answer of the service, in full.
pub fn reply() -> Value {
    json!({
        "regime": "ranging", "confidence": 0.61, "reasoning": "61 % likely ranging.",
        "probabilities": {
            "trending_bullish": 0.1, "trending_bearish": 0.1, "ranging": 0.61, "volatile": 0.1, "calm": 0.09
        },
        "metrics": {
            "volatility": 0.011, "trend_strength": null, "atr_percent": 1.4, "range_efficiency": 0.42, "momentum": 0.034,
            "ma_convergence": 0.012, "sample_size": 60
        },
        "as_of": 1_699_000_000, "regime_age": 17, "regime_age_censored": false, "bars_used": 60, "warm": true,
        "strategies": ["mean_reversion"], "risk_multiplier": 1.0, "model": {"name": "boosted", "version": "3"},
        "warnings": [], "fallback": null
    })
}

/// An error of the service.
pub fn problem(status: u16, code: &str) -> Value {
    json!({"type": format!("/docs#{code}"), "title": "Any", "status": status, "code": code, "detail": "Why, and what to do."})
}
