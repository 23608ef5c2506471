//! Who of the shop's people sees what: by whom they report to, and whom they support.

use serde_json::{Value as Json, json};
use udal::{
    AccessContext, Context, CountRequest, DeleteRequest, Directory, ErrorKind, Expected, Policy, TeamChange,
    UpdateRequest, UserChange,
};

use crate::import::{Owners, user};
use crate::shop::{Shop, sum};

/// The people of the shop, in two teams; in which place each is, decides nothing but whom they have below them.
pub(crate) async fn of_everybody(shop: &Shop, owners: &Owners) {
    let people: Vec<Json> = owners.employees.clone();
    let edit = move |mut directory: Directory| {
        let policy = TeamChange { ownership: Some(Policy::Hierarchical), ..TeamChange::default() };
        directory.set_team("shop", policy);
        for row in &people {
            let reports_to = row["ReportsTo"].as_i64().map(|boss| user(&people, boss));
            let change = UserChange { reports_to, ..UserChange::default() };
            let id = user(&people, row["EmployeeId"].as_i64().unwrap());
            directory.set_user(&id, change);
            directory.set_member("shop", &id, ["editor".to_owned()].into())?;
        }
        Ok(directory)
    };
    shop.udal.change_access(&shop.ctx, Expected::Any, edit).await.unwrap();
    for (who, customers, invoices, total) in [
        ("jane@chinookcorp.com", 21, 146, 83_304),     // Peacock
        ("margaret@chinookcorp.com", 20, 140, 77_540), // Park
        ("steve@chinookcorp.com", 18, 126, 72_016),    // Johnson
        ("nancy@chinookcorp.com", 59, 412, 232_860),   // Edwards, to whom these three report
        ("andrew@chinookcorp.com", 59, 412, 232_860),  // Adams, to whom Edwards reports
        ("michael@chinookcorp.com", 0, 0, 0),          // Mitchell, to whom the IT staff reports
        ("robert@chinookcorp.com", 0, 0, 0),           // King
        ("laura@chinookcorp.com", 0, 0, 0),            // Callahan
        ("nobody@chinookcorp.com", 0, 0, 0),
    ] {
        let of = shop.acting_for(shop.user(who).await);
        assert_eq!(of.count("Customer", json!({})).await, customers, "{who}");
        let found = of.all("Invoice", json!({}), "-total").await;
        assert_eq!((found.len(), sum(&found, "total")), (invoices, total), "{who}");
        // What is in nobody's reach is in no filter's either.
        let of_usa = of.count("Invoice", json!({"billing_country": "USA"})).await;
        let not_of_usa = of.count("Invoice", json!({"not": {"billing_country": "USA"}})).await;
        assert_eq!(of_usa + not_of_usa, invoices as u64, "{who}");
    }
    to_the_end_of_a_job(shop).await;
}

/// Jane writes what is hers and nothing else; when she leaves, she sees nothing.
async fn to_the_end_of_a_job(shop: &Shop) {
    let jane = shop.user("jane@chinookcorp.com").await;
    let invoices = shop.records("Invoice");
    let hers = &shop.acting_for(jane.clone()).all("Invoice", json!({}), "id").await[0];
    let others = json!({"owned_by": {"ne": "jane@chinookcorp.com"}});
    let others = &shop.all("Invoice", others, "id").await[0];
    let city = |id: &str| UpdateRequest::new(id, json!({"billing_city": "Ulm"}));
    assert!(invoices.update(&jane, city(hers.id())).await.is_ok());
    assert_eq!(invoices.get(&jane, others.id()).await.unwrap(), None);
    assert_eq!(invoices.update(&jane, city(others.id())).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(!invoices.delete(&jane, DeleteRequest::new(others.id())).await.unwrap());
    // An editor does not say whose a record is.
    let away = UpdateRequest::new(hers.id(), json!({"owned_by": "steve@chinookcorp.com"}));
    assert_eq!(invoices.update(&jane, away).await.unwrap_err().kind(), ErrorKind::Denied);

    let leave = |mut directory: Directory| {
        directory.remove_user("jane@chinookcorp.com")?;
        Ok(directory)
    };
    shop.udal.change_access(&shop.ctx, Expected::Any, leave).await.unwrap();
    let jane = shop.user("jane@chinookcorp.com").await;
    assert_eq!(invoices.count(&jane, CountRequest::new()).await.unwrap(), 0);
    // What she owned is in nobody's reach below the system's, until it is handed over.
    assert_eq!(shop.acting_for(shop.user("nancy@chinookcorp.com").await).count("Invoice", json!({})).await, 266);
    let system = Context::new(shop.ctx.tenant().clone(), AccessContext::unrestricted("the test hands invoices over"));
    assert_eq!(invoices.count(&system, CountRequest::new()).await.unwrap(), 412);
}
