//! Notes: created, read, changed, put into the trash and taken out again.
use crate::harness::TestApp;

#[tokio::test]
async fn a_new_account_is_empty() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let page: crate::harness::Page = ann.get("notes").await.ok();
    assert!(page.items.is_empty() && page.next_cursor.is_none());
}
