//! Questions in SQL: programs have no other way to ask who is logged in.
//!
//! What is understood is one SELECT over three tables, joined by columns that are equal. There is no database behind it.

mod grammar;
mod join;
mod tables;
mod tokens;

use super::super::house::House;
use super::soap::{Fault, Response};
use grammar::Select;
use tables::Rows;

/// Longer questions are not read.
const LONGEST: usize = 4000;

/// Why a question is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is not understood; why not.
    Unclear(String),
    /// It finds too much.
    TooMany(usize),
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Fault {
        match refused {
            Refused::Unclear(why) => Fault::client(why),
            Refused::TooMany(found) => Fault::too_many(found, super::tags::MOST),
        }
    }
}

/// Answers a question.
pub(super) async fn answer(
    house: &impl House,
    text: &str,
    response: &mut Response,
) -> Result<(), Fault> {
    if text.len() > LONGEST {
        let why = format!("A question has {LONGEST} characters at most");
        return Err(Fault::client(why));
    }
    let select = Select::read(text)?;
    let rows = Rows::of(house, &select).await?;
    let found = join::answer(&select, &rows)?;
    response.returned(|w| {
        for row in found {
            w.element("row", |w| {
                for (name, value) in select.names().zip(row) {
                    match value {
                        Some(value) => w.text(name, &value),
                        None => w.empty(name),
                    }
                }
            });
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tables::Table;

    /// Alice is at SEP1 as a clerk, nobody is at SEP2 where Bob was, and Carol is nowhere.
    fn office() -> Rows {
        let row = |values: &[&str]| {
            let values = values.iter().map(|value| (*value).to_owned());
            values
                .map(|value| (value != "-").then_some(value))
                .collect::<Vec<_>>()
        };
        Rows::from([
            (
                Table::Device,
                vec![
                    row(&["p1", "SEP1", "hall", "1"]),
                    row(&["p2", "SEP2", "", "1"]),
                    row(&["c", "clerk", "", "254"]),
                ],
            ),
            (
                Table::EndUser,
                vec![
                    row(&["a", "alice", "", "Alice", "Alice", "2001"]),
                    row(&["b", "bob", "", "Bob", "Bob", "2002"]),
                    row(&["d", "carol", "", "Carol", "Carol", "2003"]),
                ],
            ),
            (
                Table::Mobility,
                vec![
                    row(&["m1", "p1", "c", "a", "-", "100", "0", "100"]),
                    row(&["m2", "p2", "-", "-", "b", "-", "-", "-"]),
                ],
            ),
        ])
    }

    fn ask(text: &str) -> Result<String, Refused> {
        let select = Select::read(text)?;
        let rows = join::answer(&select, &office())?;
        let rows = rows.iter().map(|row| {
            let told = select.names().zip(row);
            let told =
                told.map(|(name, value)| format!("{name}={}", value.as_deref().unwrap_or("-")));
            told.collect::<Vec<_>>().join(" ")
        });
        Ok(rows.collect::<Vec<_>>().join("; "))
    }

    /// The first ones are as tools in the field ask them.
    #[test]
    fn who_is_logged_in_can_be_asked_in_many_ways() {
        let table = [
            (
                "select eu.firstname,eu.userid,d.description from enduser as eu, device as d, extensionmobilitydynamic \
                 as emd where emd.fkenduser = eu.pkid and emd.fkdevice = d.pkid",
                "firstname= userid=alice description=hall",
            ),
            (
                "select d.name as device from enduser u,device p,device d,extensionmobilitydynamic em where \
                 em.fkdevice=d.pkid and em.fkdevice_currentloginprofile=p.pkid and em.fkenduser=u.pkid and u.userid='alice'",
                "device=SEP1",
            ),
            (
                "select distinct d.name as device from enduser u,device p,device d,extensionmobilitydynamic em where \
                 em.fkdevice=d.pkid and em.fkenduser_lastlogin=u.pkid and u.userid='bob' and p.pkid=d.pkid",
                "device=SEP2",
            ),
            (
                "SELECT D2.name phone, E.userid FROM device D1 JOIN extensionmobilitydynamic EMD ON \
                 EMD.fkdevice_currentloginprofile = D1.pkid JOIN device D2 ON D2.pkid = EMD.fkdevice JOIN enduser E \
                 ON E.pkid = EMD.fkEnduser WHERE D1.name = 'clerk'",
                "phone=SEP1 userid=alice",
            ),
            (
                "select d.name as devicename,p.name as profile,eu.userid as user from extensionmobilitydynamic emd left \
                 join device d on emd.fkdevice=d.pkid left join device p on emd.fkdevice_currentloginprofile=p.pkid left \
                 join enduser eu on emd.fkenduser=eu.pkid order by devicename desc",
                "devicename=SEP2 profile=- user=-; devicename=SEP1 profile=clerk user=alice",
            ),
            ("select count(*) from extensionmobilitydynamic", "count=2"),
            (
                "select dv.name from extensionmobilitydynamic emd inner join device dv on (emd.fkdevice = dv.pkid) \
                 where emd.fkenduser is not null",
                "name=SEP1",
            ),
            (
                "select first 2 userid from enduser where userid <> 'bob' and telephonenumber like '20%' order by userid",
                "userid=alice; userid=carol",
            ),
            (
                "select e.userid from enduser e left outer join extensionmobilitydynamic m on m.fkenduser = e.pkid \
                 where m.pkid is null and 'carol' = userid;",
                "userid=carol",
            ),
            (
                "select name from device where tkclass = 254 and name not like 'SEP%'",
                "name=clerk",
            ),
            (
                "select * from device where name = 'SEP2'",
                "pkid=p2 name=SEP2 description= tkclass=1",
            ),
            (
                "select distinct tkclass from device order by tkclass",
                "tkclass=1; tkclass=254",
            ),
        ];
        for (question, expected) in table {
            assert_eq!(ask(question).as_deref(), Ok(expected), "{question}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_with_what_is() {
        let why = |text: &str| match ask(text) {
            Err(Refused::Unclear(why)) => why,
            other => panic!("{text}: {other:?}"),
        };
        let table = [
            ("", "at its end; offered is: SELECT"),
            ("delete from device", "at \"delete\""),
            (
                "select name from phone",
                "There is no table phone here; there are device, enduser, ext",
            ),
            (
                "select tkmodel from device",
                "There is no column tkmodel here; device has pkid, name,",
            ),
            (
                "select pkid from device, enduser",
                "Several tables have a column pkid",
            ),
            (
                "select d.name from device d, enduser e",
                "Not all tables of this question are joined",
            ),
            (
                "select name from device where name = 'a' or name = 'b'",
                "at \"or\"",
            ),
            (
                "select name from device where pkid in (select fkdevice from x)",
                "at \"in\"",
            ),
            ("select lower(name) from device", "at \"(\""),
            (
                "select a.name from device a,device b,device c,device d,device e,device f,device g",
                "6 tables at most",
            ),
            ("select name from device union select", "at \"union\""),
        ];
        for (question, expected) in table {
            let why = why(question);
            assert!(why.contains(expected), "{question}: {why}");
        }
    }
}
