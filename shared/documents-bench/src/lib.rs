//! Nothing: the benchmark is `benches/papers.rs`.
