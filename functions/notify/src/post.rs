//! The mail service: one message to one address, through SES.

use aws_sdk_ses::Client;
use aws_sdk_ses::error::ProvideErrorMetadata;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::{MessageTag, RawMessage};
use aws_types::SdkConfig;
use ledger::MailLine;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use web::{Environment, MissingSetting};

use crate::letter::Letter;

/// What SES says while it takes no mail at all: a quota is used up, or sending is paused.
const CLOSED_FOR_NOW: [&str; 3] = [
    "Throttling",
    "AccountSendingPausedException",
    "ConfigurationSetSendingPausedException",
];

/// SES with the sender of this deployment.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    client: Client,
    from: String,
    from_name: String,
    configuration_set: String,
}

/// Why SES did not take a message.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It never will: the desk has to look at the address.
    Final(String),
    /// It takes no mail of ours for now, whatever the function does: a quota, an identity that is not verified.
    Later(String),
    /// It could not be asked, or did not allow it.
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl Post {
    pub(crate) fn new(aws: &SdkConfig, environment: &Environment) -> Result<Self, MissingSetting> {
        Ok(Self {
            client: Client::new(aws),
            from: environment.get("MAIL_FROM")?.to_owned(),
            from_name: web::guarantor(environment)?.name,
            configuration_set: environment.get("MAIL_CONFIGURATION_SET")?.to_owned(),
        })
    }

    /// Sends a letter, and gives the id that SES gave the message.
    pub(crate) async fn send(&self, mail: &MailLine, letter: &Letter) -> Result<String, Refusal> {
        let to = mail.to.as_str();
        let message = MessageBuilder::new()
            .from(Address::new_address(
                Some(self.from_name.as_str()),
                self.from.as_str(),
            ))
            .to(Address::new_address(None::<&str>, to))
            .subject(letter.subject.as_str())
            .header(
                "Auto-Submitted",
                mail_builder::headers::raw::Raw::new("auto-generated"),
            )
            .text_body(letter.text.as_str())
            .write_to_vec()
            .map_err(|error| Refusal::Failed(error.into()))?;
        let raw = RawMessage::builder()
            .data(Blob::new(message))
            .build()
            .map_err(|error| Refusal::Failed(error.into()))?;
        let call = self
            .client
            .send_raw_email()
            .source(&self.from)
            .destinations(to)
            .raw_message(raw)
            .configuration_set_name(&self.configuration_set)
            .tags(tag("contract", &mail.contract_number.to_string())?)
            .tags(tag("mail", &mail.id.to_string())?);
        match call.send().await {
            Ok(answer) => Ok(answer.message_id),
            Err(error) => match error.code() {
                Some("MessageRejected") if error.message().is_some_and(is_unverified) => {
                    Err(Refusal::Later("an identity is not verified".to_owned()))
                }
                Some(code @ ("MessageRejected" | "InvalidParameterValue")) => {
                    Err(Refusal::Final(code.to_owned()))
                }
                // The code, and not what SES says beside it, which may quote an address.
                Some(code) if CLOSED_FOR_NOW.contains(&code) => {
                    Err(Refusal::Later(code.to_owned()))
                }
                Some(code) => Err(Refusal::Failed(code.to_owned().into())),
                None => Err(Refusal::Failed(error.into())),
            },
        }
    }
}

/// Whether SES refuses a mail because our domain is not proven, or no longer, or in its sandbox the reader's
/// address. It does so with the code of a mail that it will never take.
fn is_unverified(said: &str) -> bool {
    said.starts_with("Email address is not verified")
}

/// A tag by which a bounce finds its mail; it holds no personal data.
fn tag(name: &str, value: &str) -> Result<MessageTag, Refusal> {
    MessageTag::builder()
        .name(name)
        .value(value)
        .build()
        .map_err(|error| Refusal::Failed(error.into()))
}
