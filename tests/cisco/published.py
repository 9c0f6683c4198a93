"""What the guides publish of a phone fresh from the factory (S4, S5)."""

RESYNC = {
    "Provision_Enable": "Yes",
    "Resync_On_Reset": "Yes",
    "Resync_Random_Delay": "2",
    "Resync_At__HHmm_": "",
    "Resync_At_Random_Delay": "600",
    "Resync_Periodic": "3600",
    "Forced_Resync_Delay": "14400",
    "Resync_From_SIP": "Yes",
    "Resync_After_Upgrade_Attempt": "Yes",
    "Resync_Fails_On_FNF": "Yes",
    "Resync_Trigger_1": "",
    "Resync_Trigger_2": "",
}
