//! Bubblewrap does what every sandbox must.

use whetstone_testkit::sandbox::conformance::{self, Subject};

use crate::support::{Host, spec};

#[tokio::test]
async fn bubblewrap_conforms() {
    let host = Host::new();
    let subject = Subject { sandbox: &host.sandbox, short: spec("true"), endless: spec("sleep 600"), inputs: host.inputs.clone() };
    conformance::all(&subject).await;
}
