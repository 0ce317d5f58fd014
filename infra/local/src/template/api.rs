//! The HTTP API of the template: who may call it, from which pages, how often.

use std::{collections::BTreeMap, time::Duration};

use super::{Fields, TemplateError, node::Node};

/// The HTTP API without its routes, which stand with their functions.
#[derive(Debug)]
pub struct Api {
    /// Authorizers by name.
    pub authorizers: BTreeMap<String, Authorizer>,
    /// Which pages may call it; none where the template says nothing.
    pub cors: Option<Cors>,
    /// The limit of every route that has none of its own.
    pub throttle: Option<Throttle>,
    /// Limits of single routes, by route key, with their line.
    pub route_throttles: Vec<(String, usize, Throttle)>,
}

/// A JWT authorizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorizer {
    /// Whose tokens it takes.
    pub issuer: String,
    /// For which clients they may be made out.
    pub audience: Vec<String>,
}

/// API Gateway's answer to pages of other origins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cors {
    /// Origins, exactly.
    pub origins: Vec<String>,
    /// Methods in capitals.
    pub methods: Vec<String>,
    /// Request headers, in small letters.
    pub headers: Vec<String>,
    /// Response headers that a page may read.
    pub exposed: Vec<String>,
    /// How long a browser may keep the answer.
    pub max_age: Option<Duration>,
}

/// A bucket of tokens: `burst` at most, `rate` new ones a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throttle {
    /// How many requests may come at once.
    pub burst: f64,
    /// How many a second may follow.
    pub rate: f64,
}

impl Api {
    pub(super) fn read(name: &str, properties: Node) -> Result<Self, TemplateError> {
        let mut fields = Fields::of(name, properties)?;
        let mut authorizers = BTreeMap::new();
        if let Some(auth) = fields.optional("Auth") {
            let mut auth = Fields::of("Auth", auth)?;
            // Every route names its authorizer, so the default decides nothing here.
            auth.pass_over(&["DefaultAuthorizer"]);
            for (name, _, authorizer) in
                Fields::of("Authorizers", auth.required("Authorizers")?)?.rest()
            {
                authorizers.insert(name, Authorizer::read(authorizer)?);
            }
            auth.finish()?;
        }
        let cors = fields
            .optional("CorsConfiguration")
            .map(Cors::read)
            .transpose()?;
        let throttle = fields
            .optional("DefaultRouteSettings")
            .map(Throttle::read)
            .transpose()?;
        let mut route_throttles = Vec::new();
        if let Some(settings) = fields.optional("RouteSettings") {
            for (route, line, throttle) in Fields::of("RouteSettings", settings)?.rest() {
                route_throttles.push((route, line, Throttle::read(throttle)?));
            }
        }
        fields.pass_over(&["AccessLogSettings", "DisableExecuteApiEndpoint", "Tags"]);
        fields.finish()?;
        Ok(Self {
            authorizers,
            cors,
            throttle,
            route_throttles,
        })
    }
}

impl Authorizer {
    fn read(node: Node) -> Result<Self, TemplateError> {
        let mut fields = Fields::of("the authorizer", node)?;
        let source = fields.required("IdentitySource")?;
        if source.text("IdentitySource")? != "$request.header.Authorization" {
            return Err(source.error("IdentitySource should be $request.header.Authorization"));
        }
        let mut jwt = Fields::of("JwtConfiguration", fields.required("JwtConfiguration")?)?;
        fields.finish()?;
        let issuer = jwt.required("issuer")?.text("issuer")?.to_owned();
        let audience = jwt.required("audience")?.texts("audience")?;
        jwt.finish()?;
        Ok(Self { issuer, audience })
    }
}

impl Cors {
    fn read(node: Node) -> Result<Self, TemplateError> {
        let mut fields = Fields::of("CorsConfiguration", node)?;
        let mut texts = |name: &str| {
            fields
                .optional(name)
                .map_or(Ok(Vec::new()), |node| node.texts(name))
        };
        let (origins, methods, headers, exposed) = (
            texts("AllowOrigins")?,
            texts("AllowMethods")?,
            texts("AllowHeaders")?,
            texts("ExposeHeaders")?,
        );
        let max_age = fields
            .optional("MaxAge")
            .map(|age| age.number("MaxAge"))
            .transpose()?
            .map(Duration::from_secs);
        fields.finish()?;
        Ok(Self {
            origins,
            methods,
            headers,
            exposed,
            max_age,
        })
    }
}

impl Throttle {
    fn read(node: Node) -> Result<Self, TemplateError> {
        let mut fields = Fields::of("the route's settings", node)?;
        let burst = fields
            .required("ThrottlingBurstLimit")?
            .number("ThrottlingBurstLimit")?;
        let rate = fields
            .required("ThrottlingRateLimit")?
            .number("ThrottlingRateLimit")?;
        fields.finish()?;
        Ok(Self { burst, rate })
    }
}
