//! What of the notes leans on the database so much that it is repeated on MySQL: packed and thinned
//! texts, merges of packed bases.

mod thinning;
