//! Files: sent up whole or in pieces, by one client or many, and whatever happens meanwhile.

mod uploads;
