// A day at a hot desk, by the library cisco-axl as it comes from npm. Prints a line for each thing that was done.

const AxlService = require("cisco-axl");

const PHONE = "SEP0011AA000002";
const WHO =
  "select d.name as devicename, eu.userid as user from extensionmobilitydynamic emd " +
  "left join device d on emd.fkdevice=d.pkid left join enduser eu on emd.fkenduser=eu.pkid " +
  "where emd.fkenduser is not null";

const { PERCH_HOST, PERCH_PASSWORD, PERCH_VERSION } = process.env;
const ucm = new AxlService(PERCH_HOST, "tool", PERCH_PASSWORD, PERCH_VERSION);
const short = { clean: true, removeAttributes: true };

// The library leaves out what is zero.
const logIn = (userId) => ({ deviceName: PHONE, loginDuration: "0", profileName: "clerk", userId });

async function workDay() {
  const list = { searchCriteria: { name: "SEP%" }, returnedTags: { name: "", loginUserId: "" } };
  const phones = await ucm.executeOperation("listPhone", list, short);
  console.log("phones:", phones.phone.map((phone) => phone.name).join(" "));
  console.log("in:", await ucm.executeOperation("doDeviceLogin", logIn("bob")));
  const asked = { name: PHONE, returnedTags: { loginUserId: "", currentProfileName: "" } };
  const { phone } = await ucm.executeOperation("getPhone", asked, short);
  console.log("at:", JSON.stringify(phone));
  const who = await ucm.executeOperation("executeSQLQuery", { sql: WHO });
  console.log("who:", JSON.stringify(who.row));
  console.log("out:", await ucm.executeOperation("doDeviceLogout", { deviceName: PHONE }));
  await ucm
    .executeOperation("doDeviceLogin", logIn("zoe"))
    .catch((fault) => console.log("refused:", fault.faultstring));
}

workDay().catch((why) => {
  console.error(why);
  process.exitCode = 1;
});
