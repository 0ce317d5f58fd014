//! Which route a request takes, as API Gateway chooses: the most specific one that fits.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use crate::template::{Template, Throttle};

/// The routes of the HTTP API.
#[derive(Debug)]
pub(crate) struct Routes(Vec<Route>);

/// One route.
#[derive(Debug)]
pub(crate) struct Route {
    /// Such as `GET /api/orderers/{code}`.
    pub(crate) key: String,
    /// The function behind it.
    pub(crate) function: String,
    /// The authorizer before it.
    pub(crate) authorizer: Option<String>,
    method: Option<String>,
    segments: Vec<Segment>,
    bucket: Option<Bucket>,
}

/// A route and what stood in its braces.
#[derive(Debug)]
pub(crate) struct Match<'routes> {
    pub(crate) route: &'routes Route,
    pub(crate) parameters: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Fixed(String),
    Any(String),
    Rest(String),
}

impl Routes {
    /// The routes of the template.
    pub(crate) fn of(template: &Template) -> Self {
        let mut routes = Vec::new();
        for function in &template.functions {
            for route in &function.routes {
                let key = route.key();
                let throttle = template
                    .api
                    .route_throttles
                    .iter()
                    .find(|(name, _, _)| *name == key)
                    .map(|(_, _, throttle)| *throttle)
                    .or(template.api.throttle);
                routes.push(Route {
                    key,
                    function: function.name.clone(),
                    authorizer: route.authorizer.clone(),
                    method: (route.method != "ANY").then(|| route.method.clone()),
                    segments: segments(&route.path),
                    bucket: throttle.map(Bucket::full),
                });
            }
        }
        Self(routes)
    }

    /// The route for a request; the path is decoded.
    pub(crate) fn choose(&self, method: &str, path: &str) -> Option<Match<'_>> {
        self.0
            .iter()
            .filter(|route| route.method.as_deref().is_none_or(|own| own == method))
            .filter_map(|route| {
                Some(Match {
                    route,
                    parameters: route.fit(path)?,
                })
            })
            .min_by_key(|found| (found.route.openness(), found.route.method.is_none()))
    }
}

impl Route {
    /// Whether its throttle lets one more request through.
    pub(crate) fn admits(&self) -> bool {
        self.bucket.as_ref().is_none_or(Bucket::take)
    }

    fn fit(&self, path: &str) -> Option<BTreeMap<String, String>> {
        let mut parameters = BTreeMap::new();
        let mut rest = Some(path.strip_prefix('/')?);
        for segment in &self.segments {
            let remaining = rest?;
            let (next, after) = match remaining.split_once('/') {
                Some((next, after)) => (next, Some(after)),
                None => (remaining, None),
            };
            match segment {
                Segment::Fixed(fixed) if fixed == next => {}
                Segment::Any(name) if !next.is_empty() => {
                    parameters.insert(name.clone(), next.to_owned());
                }
                Segment::Rest(name) if !remaining.is_empty() => {
                    parameters.insert(name.clone(), remaining.to_owned());
                    return Some(parameters);
                }
                _ => return None,
            }
            rest = after;
        }
        rest.is_none().then_some(parameters)
    }

    /// How open each place is, from left to right: the smaller, the more specific.
    fn openness(&self) -> (bool, Vec<u8>) {
        let each: Vec<u8> = self
            .segments
            .iter()
            .map(|segment| match segment {
                Segment::Fixed(_) => 0,
                Segment::Any(_) => 1,
                Segment::Rest(_) => 2,
            })
            .collect();
        (each.contains(&2), each)
    }
}

fn segments(path: &str) -> Vec<Segment> {
    path.trim_start_matches('/')
        .split('/')
        .map(|segment| {
            match segment
                .strip_prefix('{')
                .and_then(|inner| inner.strip_suffix('}'))
            {
                Some(name) => match name.strip_suffix('+') {
                    Some(name) => Segment::Rest(name.to_owned()),
                    None => Segment::Any(name.to_owned()),
                },
                None => Segment::Fixed(segment.to_owned()),
            }
        })
        .collect()
}

/// A bucket of tokens.
#[derive(Debug)]
struct Bucket {
    throttle: Throttle,
    level: Mutex<(f64, Instant)>,
}

impl Bucket {
    fn full(throttle: Throttle) -> Self {
        Self {
            throttle,
            level: Mutex::new((throttle.burst, Instant::now())),
        }
    }

    fn take(&self) -> bool {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let (tokens, filled) = *level;
        let tokens = (tokens + now.duration_since(filled).as_secs_f64() * self.throttle.rate)
            .min(self.throttle.burst);
        let admitted = tokens >= 1.0;
        *level = (if admitted { tokens - 1.0 } else { tokens }, now);
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(keys: &[&str]) -> Routes {
        Routes(
            keys.iter()
                .map(|key| {
                    let (method, path) = key.split_once(' ').unwrap();
                    Route {
                        key: (*key).to_owned(),
                        function: String::new(),
                        authorizer: None,
                        method: (method != "ANY").then(|| method.to_owned()),
                        segments: segments(path),
                        bucket: None,
                    }
                })
                .collect(),
        )
    }

    #[test]
    fn the_most_specific_route_is_taken() {
        let routes = routes(&[
            "ANY /api/{proxy+}",
            "GET /",
            "GET /api/applications/{id}",
            "POST /api/applications/estimate",
            "POST /api/applications/{id}",
            "ANY /api/applications/{id}",
        ]);
        for (method, path, key) in [
            ("GET", "/", Some("GET /")),
            (
                "POST",
                "/api/applications/estimate",
                Some("POST /api/applications/estimate"),
            ),
            (
                "POST",
                "/api/applications/1",
                Some("POST /api/applications/{id}"),
            ),
            (
                "GET",
                "/api/applications/estimate",
                Some("GET /api/applications/{id}"),
            ),
            (
                "PUT",
                "/api/applications/1",
                Some("ANY /api/applications/{id}"),
            ),
            ("GET", "/api/applications/1/more", Some("ANY /api/{proxy+}")),
            ("GET", "/api/applications/", Some("ANY /api/{proxy+}")),
            ("GET", "/api/", None),
            ("GET", "/api", None),
            ("POST", "/", None),
            ("GET", "/elsewhere", None),
        ] {
            let found = routes
                .choose(method, path)
                .map(|found| found.route.key.as_str());
            assert_eq!(found, key, "{method} {path}");
        }
    }

    #[test]
    fn what_stands_in_the_braces_is_a_parameter() {
        let routes = routes(&[
            "GET /api/{number}/documents/{document}",
            "ANY /api/{proxy+}",
        ]);
        let found = routes
            .choose("GET", "/api/0712/documents/certificate")
            .unwrap();
        assert_eq!(found.parameters["number"], "0712");
        assert_eq!(found.parameters["document"], "certificate");
        let found = routes.choose("GET", "/api/a/b").unwrap();
        assert_eq!(found.parameters["proxy"], "a/b");
    }

    #[test]
    fn a_bucket_lets_its_burst_through_and_no_more() {
        let bucket = Bucket::full(Throttle {
            burst: 3.0,
            rate: 0.0,
        });
        let admitted = (0..5).filter(|_| bucket.take()).count();
        assert_eq!(admitted, 3);
    }
}
