//! Faults for tests: what AWS does now and then and this cloud never does by itself.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::credentials::Caller;

/// A fault that strikes once.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The function that it strikes, by its logical name; none for whoever calls.
    pub function: Option<String>,
    /// The operation, such as `TransactWriteItems`, `PutObject` or `SendRawEmail`.
    pub operation: String,
    /// Which of the operations after its setting it strikes, counted from 1.
    pub nth: u32,
    /// Whether the operation is done before it.
    pub when: When,
    /// What the caller sees.
    pub kind: FaultKind,
}

/// Whether the operation that is struck is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// It is not.
    Before,
    /// It is, and the caller is not told.
    After,
}

/// What a caller sees of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// Too many requests: `ThrottlingException`, `SlowDown`, `Throttling`.
    Throttling,
    /// A server error.
    InternalError,
    /// No answer for so long, then a server error.
    Hang(Duration),
    /// The connection ends without an answer.
    ConnectionReset,
    /// `ConditionalCheckFailedException`, or a transaction cancelled for it.
    ConditionFailed,
    /// A transaction cancelled because another one holds an item.
    TransactionConflict,
    /// `TransactionInProgressException`: the same token is being worked on.
    TransactionInProgress,
    /// The connection ends in the middle of an object's bytes.
    TornPut,
    /// S3 is writing the same key for somebody else: `ConditionalRequestConflict`.
    PutConflict,
    /// SES takes the mail for good reasons not: `MessageRejected`.
    MailRefused,
    /// SES takes no mail from us, in the same words of its code: `MessageRejected`.
    SenderUnverified,
}

/// The faults that have not struck yet, and the addresses that are always one.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pending: Mutex<Vec<Fault>>,
    poison: Mutex<BTreeSet<String>>,
}

impl Faults {
    /// Sets a fault.
    pub(crate) fn set(&self, fault: Fault) {
        self.pending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(fault);
    }

    /// How many have not struck yet.
    pub(crate) fn pending(&self) -> usize {
        self.pending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }

    /// Takes back those that have not struck yet; says how many.
    pub(crate) fn call_off(&self) -> usize {
        std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner)).len()
    }

    /// Makes every mail to an address fail, or no longer.
    pub(crate) fn set_poison(&self, address: &str, poisoned: bool) {
        let mut poison = self.poison.lock().unwrap_or_else(PoisonError::into_inner);
        if poisoned {
            poison.insert(address.to_owned());
        } else {
            poison.remove(address);
        }
    }

    /// Whether a mail to these addresses fails every time.
    pub(crate) fn poisons(&self, addresses: &[String]) -> bool {
        let poison = self.poison.lock().unwrap_or_else(PoisonError::into_inner);
        addresses.iter().any(|address| poison.contains(address))
    }

    /// The fault that strikes this operation, if one does.
    pub(crate) fn strike(&self, caller: &Caller, operation: &str) -> Option<Fault> {
        let mut faults = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let mut struck = None;
        for (place, fault) in faults.iter_mut().enumerate() {
            let meant = match (&fault.function, caller) {
                (None, _) => true,
                (Some(function), Caller::Function(caller)) => function == caller,
                (Some(_), Caller::Operator) => false,
            };
            if meant && fault.operation == operation {
                fault.nth = fault.nth.saturating_sub(1);
                if fault.nth == 0 && struck.is_none() {
                    struck = Some(place);
                }
            }
        }
        struck.map(|place| faults.remove(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_the_nth_operation_of_its_function_once() {
        let faults = Faults::default();
        faults.set(Fault {
            function: Some("Issue".to_owned()),
            operation: "PutItem".to_owned(),
            nth: 2,
            when: When::Before,
            kind: FaultKind::Throttling,
        });
        let issue = Caller::Function("Issue".to_owned());
        assert!(faults.strike(&issue, "PutItem").is_none());
        assert!(
            faults
                .strike(&Caller::Function("Apply".to_owned()), "PutItem")
                .is_none()
        );
        assert!(faults.strike(&issue, "GetItem").is_none());
        assert!(faults.strike(&issue, "PutItem").is_some());
        assert!(faults.strike(&issue, "PutItem").is_none());
        assert_eq!(faults.pending(), 0);
    }
}
