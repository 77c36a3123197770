//! `satchel health`: asks an instance for `/health`. The container has no shell and no curl.

use std::time::Duration;

use clap::Args;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use super::{Failure, Outcome, print};
use crate::app::config::Config;

const DEADLINE: Duration = Duration::from_secs(3);

#[derive(Args)]
pub(super) struct HealthArguments {
    /// Where the instance listens; taken from the settings when absent.
    #[arg(long)]
    url: Option<String>,
}

pub(super) async fn run(arguments: HealthArguments) -> Outcome {
    let address = match arguments.url {
        Some(text) => address_of(&text)?,
        None => {
            let mut address = Config::from_environment()?.http_addr;
            // An instance that listens everywhere is asked on the loopback.
            if address.ip().is_unspecified() {
                address.set_ip([127, 0, 0, 1].into());
            }
            address.to_string()
        }
    };
    let answer = tokio::time::timeout(DEADLINE, ask(&address));
    let text = match answer.await {
        Ok(outcome) => outcome.map_err(|err| Failure(format!("{address}: {err}")))?,
        Err(_) => return Err(Failure(format!("{address}: no answer within {DEADLINE:?}"))),
    };
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    print(&format!("{body}\n"));
    if text.starts_with("HTTP/1.1 200 ") {
        return Ok(());
    }
    let status = text.lines().next().unwrap_or_default();
    Err(Failure(format!("{address}: not serving ({status})")))
}

fn address_of(text: &str) -> Result<String, Failure> {
    let url = Url::parse(text)?;
    match (url.host_str(), url.port_or_known_default()) {
        (Some(host), Some(port)) if url.scheme() == "http" => Ok(format!("{host}:{port}")),
        _ => Err(Failure("use http://host:port".to_owned())),
    }
}

/// One request by hand: an HTTP client would be the only use of its crate.
async fn ask(address: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    stream.take(64 * 1024).read_to_end(&mut bytes).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
