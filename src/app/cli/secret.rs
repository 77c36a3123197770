//! `satchel secret`: fresh keys, as lines for an environment file.

use super::{Outcome, print};
use crate::platform::crypto;

pub(super) fn run() -> Outcome {
    let kid = crypto::encode(&crypto::random::<4>()).replace(['-', '_'], "0");
    print(&format!(
        "SATCHEL_SECRET_KEY={}\nSATCHEL_JWT_KEYS={kid}:hs256:{}\n",
        crypto::random_text::<32>(),
        crypto::random_text::<32>(),
    ));
    Ok(())
}
