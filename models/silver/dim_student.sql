with student as (
    select
        student_id,
        student_name,
        date_of_birth,
        email,
        phone,
        enrollment_date,
        directory_opt_out,
        updated_at
    from staging.students
),

inferred as (
    select student_id from staging.students_inferred
),

history as (
    select
        student_id,
        class_id,
        grade_level,
        grade_number,
        enrollment_status,
        is_active,
        is_current
    from silver.dim_student_history
),

member as (
    select
        student.student_id,
        student.student_name,
        history.class_id,
        history.grade_level,
        history.grade_number,
        coalesce(history.enrollment_status, 'active') as enrollment_status,
        coalesce(history.is_active, true) as is_active,
        false as is_inferred,
        student.date_of_birth,
        student.email,
        student.phone,
        student.enrollment_date,
        student.directory_opt_out,
        student.updated_at
    from student
    left join history on history.student_id = student.student_id and history.is_current

    union all

    select
        inferred.student_id,
        cast(null as varchar) as student_name,
        cast(null as varchar) as class_id,
        cast(null as varchar) as grade_level,
        cast(null as integer) as grade_number,
        'active' as enrollment_status,
        true as is_active,
        true as is_inferred,
        cast(null as date) as date_of_birth,
        cast(null as varchar) as email,
        cast(null as varchar) as phone,
        cast(null as date) as enrollment_date,
        cast(null as boolean) as directory_opt_out,
        cast(null as timestamp) as updated_at
    from inferred
    where not exists (select 1 from student where student.student_id = inferred.student_id)
),

final as (
    select
        key_hash('student|' || student_id) as student_key,
        student_id,
        student_name,
        class_id,
        grade_level,
        grade_number,
        enrollment_status,
        is_active,
        is_inferred,
        date_of_birth,
        email,
        phone,
        enrollment_date,
        directory_opt_out,
        updated_at
    from member
)

select * from final
