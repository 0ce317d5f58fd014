//! The pages in English: every page and every no, without a word of Japanese in what the page itself says.

use serde_json::json;
use tests::{World, advance_payment, contract_performance, text};

use crate::browser::Browser;
use crate::flow::{CLERK, CONTRACTOR};

/// What the pages themselves say: names, faults and messages; what people typed and what papers say is
/// Japanese in any language.
const JAPANESE: &str = "
    return [...document.querySelectorAll('h1, h2, h3, label, legend, th, dt, .hint, .fault, .summary, .notice, .button, .badge, .label, .lead')]
        .filter((one) => !one.closest('[lang=ja], .switch, .sheet, .hand-over'))
        .map((one) => one.textContent)
        .filter((said) => /[\\u3040-\\u30ff\\u4e00-\\u9fff]/.test(said.replace(/『.*』|「.*」|“[^”]*”|\\(令和7年4月1日から本格運用\\)|\\(契約保証予約\\)|国東市長?|代表取締役 国東 太郎/g, '')))";

impl Browser {
    async fn inspect_english(&self, name: &str) {
        assert_eq!(self.run(JAPANESE).await, json!([]), "{name}");
        self.inspect(&format!("english-{name}")).await;
    }
}

async fn opened(world: &World, path: &str, (name, password): (&str, &str)) -> Browser {
    let browser = Browser::open(world).await;
    browser.goto(path).await;
    browser.click("English").await;
    browser.click("Log in").await;
    browser.see("Customer ID").await;
    browser.log_in(name, "wrong").await;
    browser.see("Customer ID or password is wrong.").await;
    browser.inspect_english("login-wrong").await;
    browser.log_in(name, password).await;
    browser
}

#[tokio::test]
async fn a_contractor_reads_english() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let browser = opened(&world, "/contractor/apply", CONTRACTOR).await;
    browser.see("Send the application").await;
    browser.click("Send the application").await;
    browser.see("Please check what you entered (15)").await;
    assert_eq!(browser.fault("/kind").await, "Please fill in or choose.");
    browser.inspect_english("apply-empty").await;
    browser.click("Copy into the form").await;
    browser.see("10 April 2025").await;
    browser.fill("/guaranteed_amount", "12000001").await;
    browser
        .fill("/contract/original_contract_date", "2025-03-31")
        .await;
    browser.fill("/emails/0", "keiri").await;
    browser.see("To be corrected: ").await;
    browser.click("Send the application").await;
    browser.find(".summary:not([hidden])").await;
    browser.inspect_english("apply-refused").await;
    browser.click("Contractor’s menu").await;
    browser.see("See where your applications stand.").await;
    browser.inspect_english("contractor").await;
    browser.click("Applications").await;
    browser.see("Issued").await;
    browser.inspect_english("applications").await;
    browser.click("市道鶴川線道路改良工事").await;
    browser.see("The certificate has been issued.").await;
    browser.inspect_english("application").await;
    browser.click("Certificates").await;
    browser.see("Choose a contract number").await;
    browser.inspect_english("certificates").await;
    browser.click(&number).await;
    browser.see("What to hand to the orderer").await;
    browser.inspect_english("certificate").await;
    browser.click("Show the authentication key").await;
    browser.see("Please hand this notice").await;
    browser.inspect_english("key").await;
    browser.click("Reissue the key").await;
    browser.see("The present key stops working at once.").await;
    browser.inspect_english("reissue-dialog").await;
    browser.click("Cancel").await;
    browser.close().await;
}

#[tokio::test]
async fn a_clerk_reads_english() {
    let world = World::new().await;
    let application = world.apply(&contract_performance()).await;
    let number = world.issued(&advance_payment()).await;
    world.cloud.drained().await;
    let browser = opened(&world, "/desk", CLERK).await;
    browser.see("The oldest application comes first.").await;
    browser.inspect_english("desk").await;
    browser
        .click(&text(&application["contract"]["title"]))
        .await;
    browser.see("Decision").await;
    browser.fill("/concluded_on", "2025-04-11").await;
    browser.fill("/fee_paid_on", "2025-04-12").await;
    browser.click("Conclude the contract and issue").await;
    browser.see("It cannot be undone.").await;
    browser.inspect_english("desk-issue-dialog").await;
    browser.click("Conclude and issue").await;
    browser.find(".summary:not([hidden])").await;
    browser.click("Decline").await;
    browser.see("Please fill in or choose.").await;
    browser.inspect_english("desk-refused").await;
    browser.click("Notification e-mails").await;
    browser.see("There is no mail.").await;
    browser.click("Sent").await;
    browser.see("keiri@example.jp").await;
    browser.inspect_english("desk-mails").await;
    browser.click("Send again").await;
    browser.fill("/to", "keiri").await;
    browser.click("Send again").await;
    browser.find("dialog .wrong .fault:not(:empty)").await;
    browser.inspect_english("desk-resend-dialog").await;
    browser.click("Cancel").await;
    browser.click(&number).await;
    browser.click("Show the log").await;
    browser.see("Checks by orderers").await;
    browser.inspect_english("desk-contract").await;
    browser.click("Orderers").await;
    browser.see("Paper only").await;
    browser.inspect_english("desk-orderers").await;
    browser.click("Enter an orderer").await;
    browser.see("six digits").await;
    browser.fill("/code", "12").await;
    browser.click("日本語").await;
    browser.see("全国地方公共団体コード").await;
    assert_eq!(browser.value("/code").await, "12", "a switch loses nothing");
    browser.click("English").await;
    browser.see("six digits").await;
    browser.click("Save").await;
    browser.find(".summary:not([hidden])").await;
    browser.inspect_english("desk-orderer").await;
    browser.close().await;
}

#[tokio::test]
async fn an_orderer_reads_english() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let other = world.issued(&advance_payment()).await;
    let key = text(&world.show_key(&number).await["authentication_key"]);
    let browser = Browser::open(&world).await;
    browser.goto("/").await;
    browser.click("English").await;
    browser.see("Contractors").await;
    browser.inspect_english("top").await;
    browser.click("Check a guarantee").await;
    browser.click("Check the certificate").await;
    browser.see("Enter the contract number.").await;
    browser.inspect_english("verify-empty").await;
    browser.fill("/contract_number", &other).await;
    browser.click("日本語").await;
    browser.see("お知らせが手元にないときは").await;
    assert_eq!(browser.value("/contract_number").await, other);
    browser.click("English").await;
    browser.fill("/authentication_key", &key).await;
    browser.click("Check the certificate").await;
    browser
        .see("Number and key do not open a certificate.")
        .await;
    browser.inspect_english("verify-wrong").await;
    browser.fill("/contract_number", &number).await;
    browser.click("Check the certificate").await;
    browser.see("Checked at").await;
    browser.inspect_english("verified").await;
    assert_eq!(
        browser.run("return document.documentElement.lang").await,
        "en"
    );
    browser.goto("/nothing").await;
    browser.see("Page not found").await;
    browser.inspect_english("unknown").await;
    browser.close().await;
}
