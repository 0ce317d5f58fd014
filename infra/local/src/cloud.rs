//! The whole cloud: starts every service on loopback, ties them together, and ends them in order.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use aws_types::SdkConfig;
use dynoxide::actions::describe_stream::DescribeStreamRequest;
use http::Request;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
    task::JoinSet,
};

use crate::{
    TEMPLATE,
    bus::Bus,
    checkpoints::Checkpoints,
    credentials::Credentials,
    dead_letters::DeadLetters,
    demo,
    dynamodb::DynamoDb,
    fault::{Fault, Faults},
    folder::Folder,
    front::{self, Front},
    functions::{Functions, sdk_config},
    gateway::Gateway,
    issuer::{Issuer, LOGINS, TokenRequest},
    login::HostedLogin,
    mailbox::{Mail, Mailbox},
    meter::{Meter, Used},
    metrics::{Measured, Metrics},
    options::{Options, StartError},
    pages::Pages,
    policy::{Decision, Rights},
    poller::Poller,
    s3::S3,
    schedule::Clockwork,
    server::{self, Stop},
    ses::Ses,
    template::{Locally, REGION, Template},
};

/// How long the end of running requests and invocations is waited for.
const PATIENCE: Duration = Duration::from_secs(8);

/// A running cloud. When it is dropped its services end on their own; [`Cloud::shutdown`] waits for that.
pub struct Cloud {
    api: String,
    aws: String,
    local: Value,
    table: String,
    bucket: String,
    credentials: Arc<Credentials>,
    rights: Arc<Rights>,
    faults: Arc<Faults>,
    meter: Arc<Meter>,
    issuer: Arc<Issuer>,
    functions: Arc<Functions>,
    dynamodb: Arc<DynamoDb>,
    mailbox: Mailbox,
    metrics: Metrics,
    dead_letters: DeadLetters,
    bus: Arc<Bus>,
    schedules: Vec<Clockwork>,
    positions: Vec<(String, watch::Receiver<String>)>,
    written: Arc<Notify>,
    /// What calls functions: the API, events, streams and schedules. It ends first.
    callers: Running,
    /// What functions call: the AWS endpoint and the database behind it.
    services: Running,
}

impl Cloud {
    /// Starts a cloud.
    ///
    /// # Errors
    /// [`StartError`], whose one line says what to do.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let folder = Arc::new(match &options.data {
            Some(path) => Folder::open(path)?,
            None => Folder::temporary()?,
        });
        let kept = options.data.is_some().then_some(folder.as_ref());
        let (api_listener, aws_listener) = listeners(options.port).await?;
        let (api, aws) = (
            url(&api_listener, options.port)?,
            url(&aws_listener, options.port)?,
        );

        let locally = Locally {
            parameters: BTreeMap::from([
                ("PublicUrl".to_owned(), api.clone()),
                ("LoginUrl".to_owned(), format!("{api}/issuer")),
                ("PasswordSignIn".to_owned(), "true".to_owned()),
            ]),
            issuer: format!("{api}/issuer"),
        };
        let template = Template::read(options.template.as_deref().unwrap_or(TEMPLATE), &locally)?;
        let credentials = Arc::new(Credentials::load(
            &folder,
            template
                .functions
                .iter()
                .map(|function| function.name.as_str()),
        )?);
        let rights = Arc::new(Rights::of(&template));
        let issuer = Arc::new(Issuer::open(
            kept,
            locally.issuer,
            template.clients.clone(),
        )?);
        let s3 = S3::open(
            &folder,
            &template.bucket,
            credentials.clone(),
            rights.clone(),
        )?;
        let checkpoints = Arc::new(Checkpoints::load(folder.clone())?);
        let meter = Arc::<Meter>::default();
        let metrics = Metrics::default();
        let functions = Arc::new(Functions::start(
            &template,
            &credentials,
            &aws,
            meter.clone(),
            &metrics,
        )?);
        let dead_letters = DeadLetters::of(folder.clone(), template.queues.clone());
        let bus = Bus::new(
            &template,
            functions.clone(),
            folder.clone(),
            dead_letters.clone(),
        );
        let mut cloud = Self {
            local: local_json(&api, &aws, &template, &credentials, &issuer),
            table: template.table.name.clone(),
            bucket: template.bucket.clone(),
            functions,
            dynamodb: Arc::new(DynamoDb::open(kept, &template.table)?),
            bus: Arc::new(bus.map_err(|error| StartError::Damaged {
                what: "folder of events",
                why: error.to_string(),
            })?),
            mailbox: Mailbox::of(folder),
            metrics,
            dead_letters,
            faults: Arc::default(),
            meter,
            schedules: Vec::new(),
            positions: Vec::new(),
            written: Arc::default(),
            callers: Running::default(),
            services: Running::default(),
            api,
            aws,
            credentials,
            rights,
            issuer,
        };
        cloud.serve_aws(aws_listener, &template, s3).await?;
        cloud.start_callers(&template, &checkpoints);
        if !options.empty {
            demo::seed(&cloud.operator(), &cloud.table)
                .await
                .map_err(StartError::Demo)?;
        }
        cloud.serve_api(api_listener, template);
        Ok(cloud)
    }

    /// The AWS endpoint, and the database behind it.
    async fn serve_aws(
        &mut self,
        listener: TcpListener,
        template: &Template,
        s3: S3,
    ) -> Result<(), StartError> {
        let (database, listening) = self.dynamodb.serve(self.services.stop.subscribe()).await?;
        self.services.spawn(|_| listening);
        let swept = self.dynamodb.clone();
        self.services
            .spawn(|stop| async move { swept.keep_swept(stop).await });
        let front = Arc::new(Front {
            credentials: self.credentials.clone(),
            rights: self.rights.clone(),
            faults: self.faults.clone(),
            meter: self.meter.clone(),
            issuer: self.issuer.clone(),
            s3,
            ses: Ses::new(template, self.mailbox.clone(), self.bus.clone()),
            dead_letters: self.dead_letters.clone(),
            functions: self.functions.clone(),
            database,
            partition_key: template.table.partition_key.clone(),
            written: self.written.clone(),
            client: front::client(),
        });
        let answer = move |request| front.clone().answer(request);
        self.services
            .spawn(|stop| server::serve(listener, answer, stop));
        Ok(())
    }

    /// What calls functions besides the API: events, streams and schedules.
    fn start_callers(&mut self, template: &Template, checkpoints: &Arc<Checkpoints>) {
        let bus = self.bus.clone();
        self.callers.spawn(|stop| bus.run(stop));
        for function in &template.functions {
            for mapping in &function.mappings {
                let position =
                    watch::Sender::new(checkpoints.get(&mapping.name).unwrap_or_default());
                self.positions
                    .push((mapping.stream.clone(), position.subscribe()));
                let poller = Poller {
                    mapping: mapping.clone(),
                    function: function.name.clone(),
                    functions: self.functions.clone(),
                    dynamodb: self.dynamodb.clone(),
                    checkpoints: checkpoints.clone(),
                    dead_letters: self.dead_letters.clone(),
                    written: self.written.clone(),
                    position,
                };
                self.callers.spawn(|stop| poller.run(stop));
            }
            for schedule in &function.schedules {
                let clockwork = Clockwork {
                    schedule: schedule.clone(),
                    function: function.name.clone(),
                    functions: self.functions.clone(),
                    bus: self.bus.clone(),
                    checkpoints: checkpoints.clone(),
                };
                self.callers.spawn(|stop| clockwork.clone().run(stop));
                self.schedules.push(clockwork);
            }
        }
    }

    /// The API, and the local cloud's own pages before it.
    fn serve_api(&mut self, listener: TcpListener, template: Template) {
        let pages = Arc::new(Pages {
            mailbox: self.mailbox.clone(),
            metrics: self.metrics.clone(),
            dead_letters: self.dead_letters.clone(),
            issuer: self.issuer.clone(),
            login: HostedLogin::of(self.issuer.clone()),
            local: self.local.clone(),
        });
        let gateway = Arc::new(Gateway::new(
            template,
            self.functions.clone(),
            self.issuer.clone(),
        ));
        let answer = move |request: Request<Incoming>| {
            let (pages, gateway) = (pages.clone(), gateway.clone());
            async move {
                Ok(match pages.answer(request).await {
                    Ok(page) => page,
                    Err(request) => gateway.answer(request).await,
                })
            }
        };
        self.callers
            .spawn(|stop| server::serve(listener, answer, stop));
    }

    /// Where API and pages are, without a slash at the end.
    #[must_use]
    pub fn api(&self) -> &str {
        &self.api
    }

    /// Where AWS is.
    #[must_use]
    pub fn aws(&self) -> &str {
        &self.aws
    }

    /// What `/local.json` says.
    #[must_use]
    pub fn local(&self) -> &Value {
        &self.local
    }

    /// The ledger's table.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The archive's bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// AWS as the operator, who may do all.
    #[must_use]
    pub fn operator(&self) -> SdkConfig {
        sdk_config(self.credentials.operator(), &self.aws)
    }

    /// AWS as a function, by its logical name such as `GenerateKey`.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<SdkConfig> {
        Some(sdk_config(self.credentials.function(name)?, &self.aws))
    }

    /// A token made out to anybody.
    #[must_use]
    pub fn token(&self, wanted: &TokenRequest) -> String {
        self.issuer.token(wanted)
    }

    /// What the functions measured so far.
    #[must_use]
    pub fn metrics(&self) -> Vec<Measured> {
        self.metrics.all()
    }

    /// The mails that SES took, the oldest first.
    ///
    /// # Errors
    /// When the data folder cannot be read.
    pub fn mails(&self) -> std::io::Result<Vec<Mail>> {
        self.mailbox.mails()
    }

    /// What streams gave up, the oldest first.
    ///
    /// # Errors
    /// When the data folder cannot be read.
    pub fn dead_letters(&self) -> std::io::Result<Vec<Value>> {
        self.dead_letters.all()
    }

    /// What was decided about the functions' calls so far, each thing once.
    #[must_use]
    pub fn decisions(&self) -> Vec<Decision> {
        self.rights.decisions()
    }

    /// Begins to count what functions use, from nothing.
    pub fn start_measuring(&self) {
        self.meter.start();
    }

    /// Ends counting, and says what functions used since, in the order in which it ended.
    #[must_use]
    pub fn measured(&self) -> Vec<Used> {
        self.meter.stop()
    }

    /// Begins to write down the functions' calls, as `Function action KIND-OF-PARTITION`, and gives those
    /// since the last time in their order.
    #[must_use]
    pub fn overhear(&self) -> Vec<String> {
        self.rights.overhear()
    }

    /// Sets a fault that strikes once.
    pub fn strike(&self, fault: Fault) {
        self.faults.set(fault);
    }

    /// How many faults have not struck yet.
    #[must_use]
    pub fn pending_faults(&self) -> usize {
        self.faults.pending()
    }

    /// Takes back the faults that have not struck yet; says how many.
    pub fn call_off_faults(&self) -> usize {
        self.faults.call_off()
    }

    /// Makes SES fail for every mail to an address.
    pub fn poison(&self, address: &str) {
        self.faults.set_poison(address, true);
    }

    /// Ends the poison of an address.
    pub fn cure(&self, address: &str) {
        self.faults.set_poison(address, false);
    }

    /// Lets every schedule call its function now.
    ///
    /// # Errors
    /// What the first function that failed said.
    pub async fn fire_schedules(&self) -> Result<(), String> {
        for schedule in &self.schedules {
            schedule
                .fire()
                .await
                .map_err(|failure| failure.to_string())?;
        }
        Ok(())
    }

    /// Calls a function by its logical name with an event.
    ///
    /// # Errors
    /// What Lambda would report as a function error.
    pub async fn invoke(&self, function: &str, event: &Value) -> Result<Value, String> {
        let answer = self
            .functions
            .invoke(function, event.to_string())
            .await
            .map_err(|failure| failure.to_string())?;
        serde_json::from_str(&answer).map_err(|error| error.to_string())
    }

    /// Puts an event on the default bus, as an AWS service does.
    pub fn publish(&self, event: &Value) {
        self.bus.publish(event);
    }

    /// Waits until every stream record that is there now was handled or given up, and every event.
    pub async fn drained(&self) {
        for (stream, position) in &self.positions {
            let describe = DescribeStreamRequest {
                stream_arn: stream.clone(),
                ..DescribeStreamRequest::default()
            };
            let last = self
                .dynamodb
                .database
                .describe_stream(describe)
                .ok()
                .and_then(|described| described.stream_description.shards.into_iter().next())
                .and_then(|shard| shard.sequence_number_range.ending_sequence_number)
                .map(|number| number_of(&number));
            if let Some(last) = last {
                self.written.notify_waiters();
                let _ = position
                    .clone()
                    .wait_for(|position| number_of(position) >= last)
                    .await;
            }
        }
        self.bus.emptied().await;
    }

    /// Whether the database has the index that keeps its stream fast.
    #[must_use]
    pub fn has_stream_index(&self) -> bool {
        self.dynamodb.has_side_index()
    }

    /// Lets what has expired go now instead of within a minute.
    pub fn sweep(&self) {
        self.dynamodb.sweep();
    }

    /// Ends the cloud: running requests and invocations finish, with everything that they call still
    /// there, and the data folder is free afterwards.
    pub async fn shutdown(self) {
        self.callers.end().await;
        self.services.end().await;
    }
}

/// Tasks that end together.
struct Running {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Default for Running {
    fn default() -> Self {
        Self {
            stop: watch::Sender::new(false),
            tasks: JoinSet::new(),
        }
    }
}

impl Running {
    fn spawn<F>(&mut self, task: impl FnOnce(Stop) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.spawn(task(self.stop.subscribe()));
    }

    async fn end(mut self) {
        self.stop.send_replace(true);
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(PATIENCE, finished).await.is_err() {
            tracing::warn!("a service did not end in time");
            self.tasks.shutdown().await;
        }
    }
}

fn number_of(sequence_number: &str) -> u128 {
    sequence_number.parse().unwrap_or_default()
}

async fn listeners(port: u16) -> Result<(TcpListener, TcpListener), StartError> {
    let bound = |port: u16| async move {
        TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)))
            .await
            .map_err(|source| StartError::PortTaken { port, source })
    };
    let next = if port == 0 { 0 } else { port.saturating_add(1) };
    Ok((bound(port).await?, bound(next).await?))
}

fn url(listener: &TcpListener, port: u16) -> Result<String, StartError> {
    let address = listener
        .local_addr()
        .map_err(|source| StartError::PortTaken { port, source })?;
    Ok(format!("http://{address}"))
}

fn local_json(
    api: &str,
    aws: &str,
    template: &Template,
    credentials: &Credentials,
    issuer: &Issuer,
) -> Value {
    let logins: Vec<Value> = LOGINS
        .iter()
        .map(|login| json!({ "username": login.username, "password": login.password, "group": login.group }))
        .collect();
    json!({
        "api": api,
        "dynamodb": aws,
        "s3": aws,
        "ses": aws,
        "issuer": format!("{api}/issuer"),
        "initiate_auth": aws,
        "client_id": issuer.scripts_client(),
        "mailbox": format!("{api}/mailbox"),
        "table": template.table.name,
        "bucket": template.bucket,
        "queues": template.queues,
        "aws": {
            "region": REGION,
            "access_key_id": credentials.operator().access_key_id,
            "secret_access_key": credentials.operator().secret_access_key,
        },
        "logins": logins,
    })
}
