"""A day at a hot desk, by the library ciscoaxl as it comes from PyPI. Prints a line for each thing that was done."""

import os

from ciscoaxl import axl

PHONE = "SEP0011AA000001"
WHO = """
    SELECT eu.userid, d.name AS devicename, p.name AS profile
    FROM extensionmobilitydynamic emd
    INNER JOIN enduser eu ON emd.fkenduser = eu.pkid
    INNER JOIN device d ON emd.fkdevice = d.pkid
    INNER JOIN device p ON emd.fkdevice_currentloginprofile = p.pkid
    ORDER BY eu.userid
"""


def program(user):
    return axl(
        username=user,
        password=os.environ["PERCH_PASSWORD"],
        cucm=os.environ["PERCH_HOST"],
        cucm_port=int(os.environ["PERCH_PORT"]),
        cucm_version=os.environ["PERCH_VERSION"],
        strict_ssl=True,
    )


def log_in(user, profile):
    return ucm.do_device_login(
        deviceName=PHONE, loginDuration=0, profileName=profile, userId=user
    )


try:
    program("reception")
except Exception as why:
    print("not let in:", why)
ucm = program("tool")
print("phones:", *(phone["name"] for phone in ucm.get_phones()))
print("users:", *(user["userid"] for user in ucm.get_users()))
print("nobody:", ucm.run_sql_query(WHO)["num_rows"])
print("in:", log_in("alice", "chief")["return"])
phone = ucm.get_phone(name=PHONE)
print("at:", phone["loginUserId"], phone["currentProfileName"]["_value_1"])
print("line:", phone["lines"]["line"][0]["dirn"]["pattern"])
print("user:", ucm.get_user("alice")["defaultProfile"]["_value_1"])
print("who:", ucm.run_sql_query(WHO)["rows"])
print("refused:", log_in("zoe", "chief").message)
print("out:", ucm.do_device_logout(deviceName=PHONE)["return"])
print("nobody:", ucm.do_device_logout(deviceName=PHONE).message)
print("not offered:", ucm.sql_update("delete from device").message.split(";")[0])
