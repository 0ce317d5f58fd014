//! What a life costs: the units that the database bills stay within the budget of docs/COST.md.

use tests::life::{Life, Step, Units, with_history};
use tests::{World, advance_payment};

/// At most 50 write units and 20 read units, from the application to the orderer's third check, of a contractor
/// who has applied often.
#[tokio::test]
async fn a_life_stays_within_its_budget() {
    let world = World::new().await;
    with_history(&world).await;
    let mut life = Life::of(&world, advance_payment());
    world.cloud.start_measuring();
    for step in Step::LIFE {
        life.live(step).await;
    }
    let used = world.cloud.measured();
    let units = Units::of(&used);
    // A meter that counts nothing would be within every budget.
    assert!(units.write > 20.0 && units.read > 8.0, "{units:?}");
    assert!(units.write <= 50.0, "{units:?}");
    assert!(units.read <= 20.0, "{units:?}");
    world.ends_well().await;
}
